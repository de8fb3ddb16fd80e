import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../commands/verbs.ts';
import { memoryShell } from '../testing/memory-shell.ts';
import { sampleLocation, type SampleLocation } from '../testing/sample-backup.ts';
import { answerCompletion } from './complete.ts';

let location: SampleLocation;
beforeAll(async () => {
  // An answer that takes longer than a person waits is cut short, and what is loaded first here is compiled first.
  await Promise.all(verbs.map(({ load }) => load()));
  location = await sampleLocation();
  await location.backUp('nightly');
  await location.backUp('weekly');
});
afterAll(() => location[Symbol.asyncDispose]());

/** The lines that kubectl reads: candidates without their descriptions, then the directive. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' }, workingFolder: location.folder });
  const text = await answerCompletion(words, shell);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0]!);
}

const from = (): readonly string[] => ['--from', location.folder];

describe('answerCompletion', () => {
  it('offers verbs with what they do', async () => {
    const text = await answerCompletion(['de'], memoryShell());
    expect(text).toBe(
      'describe\tShow what is known of a backup: where from, what is in it, what is missing\ndelete\tDelete backups\ndemo\tShow the main job on a cluster of its own\n:4\n',
    );
  });

  it.each([
    [['ver'], ['verify', 'version', ':4']],
    [
      ['-n', 'shop', 'ver'],
      ['verify', 'version', ':4'],
    ],
    [['frobnicate', ''], [':4']],
    [['list', ''], [':4']],
    [['-'], ['-v', '--help', ':4']],
    [
      ['list', '--no'],
      ['--no-headers', ':4'],
    ],
    [
      ['list', '-o', ''],
      ['table', 'wide', 'json', 'yaml', 'name', ':4'],
    ],
    [
      ['list', '-o', 'j'],
      ['json', ':4'],
    ],
    [
      ['list', '--output=y'],
      ['yaml', ':4'],
    ],
    [
      ['create', '--preset', 'i'],
      ['infra', ':4'],
    ],
    [['create', '--dry-run', ''], [':4']],
    [
      ['create', '--dry-run='],
      ['true', 'false', ':4'],
    ],
    [['create', '--kubeconfig', ''], [':0']],
    [['create', '--ttl', ''], [':4']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'powershell', ':4'],
    ],
    [['completion', 'bash', ''], [':4']],
  ])('offers after %j %j', async (words, lines) => {
    expect(await complete(...words)).toEqual(lines);
  });

  it('offers the backups of the location that is typed', async () => {
    expect(await complete('describe', ...from(), '')).toEqual(['nightly', 'weekly', ':4']);
    expect(await complete('delete', 'nightly', ...from(), 'w')).toEqual(['weekly', ':4']);
    expect(await complete('describe', ...from(), 'nightly', '')).toEqual([':4']);
    expect(await complete('describe', './')).toEqual([':0']);
  });

  it('offers the types that the backup holds, also in a list', async () => {
    expect(await complete('get', 'nightly', ...from(), 'se')).toEqual(['secrets', 'services', ':4']);
    expect(await complete('get', 'nightly', ...from(), 'secrets,ser')).toEqual(['secrets,services', ':4']);
    expect(await complete('get', 'nightly', ...from(), 'po')).toEqual([':4']);
  });

  it('offers the namespaces and the objects that the backup holds', async () => {
    expect(await complete('get', 'nightly', ...from(), 'deploy', '-n', '')).toEqual(['default', 'shop', ':4']);
    expect(await complete('get', 'nightly', ...from(), '-n', 'shop', 'deploy', '')).toEqual(['db', 'web', ':4']);
    expect(await complete('get', 'nightly', ...from(), 'ns', 'sh')).toEqual(['shop', ':4']);
    expect(await complete('get', 'nightly', ...from(), 'deploy', '')).toEqual([':4']);
  });

  it('is silent when the backup or the cluster is not there', async () => {
    expect(await complete('get', 'nope', ...from(), '')).toEqual(['all', ':4']);
    expect(await complete('create', '-n', '')).toEqual([':4']);
    expect(await complete('list', '--from', 's4://x', '-l', '')).toEqual([':4']);
  });

  it('gives up after a second', async () => {
    const startedMs = performance.now();
    // A server that takes the connection and never answers.
    const { createServer } = await import('node:net');
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      expect(await complete('create', '--server', `http://127.0.0.1:${port}`, '-n', '')).toEqual([':4']);
    } finally {
      server.close();
    }
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });
});
