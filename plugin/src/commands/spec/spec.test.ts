import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../command-line.ts';
import { memoryShell } from '../../testing/memory-shell.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-spec-'));
  const spec = {
    include_namespaces: ['shop'],
    exclude_resources: ['pods'],
    label_selector: { tier: 'front' },
    ttl: '30d',
  };
  const targets = ['shop', 'billing'].map((app) => ({ app, relation_name: 'backup', model: 'prod', spec }));
  await writeFile(join(folder, 'targets.json'), JSON.stringify({ backup_targets: targets }));
  const backup = {
    apiVersion: 'velero.io/v1',
    kind: 'Backup',
    metadata: { name: 'daily' },
    spec: { snapshotVolumes: true },
  };
  await writeFile(join(folder, 'velero.json'), JSON.stringify(backup));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...words: readonly string[]) {
  const shell = memoryShell({ env: { KUBECONFIG: '/nowhere' }, workingFolder: folder });
  const exitCode = await runCommandLine(words, shell);
  return { exitCode, stdout: shell.stdout(), stderr: shell.stderr() };
}

describe('spec show', () => {
  it('tells people what one of several asks for', async () => {
    const { exitCode, stdout } = await run('spec', 'show', 'targets.json', '--target', 'shop:backup');
    expect(exitCode).toBe(0);
    await expect(stdout).toMatchFileSnapshot('../__golden__/spec-show.txt');
  });

  it('asks which one is meant', async () => {
    const { exitCode, stderr } = await run('spec', 'show', 'targets.json');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('shop:backup, billing:backup')]);
  });
});

describe('spec convert', () => {
  it('writes what the other tool takes', async () => {
    const { exitCode, stdout, stderr } = await run(
      ...['spec', 'convert', 'targets.json', '--target', 'billing:backup', '--to', 'velero-backup'],
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    await expect(stdout).toMatchFileSnapshot('../__golden__/spec-convert.yaml');
  });

  it('tells what the other tool has no words for, and ends with 3', async () => {
    const { exitCode, stderr } = await run('spec', 'convert', 'velero.json', '--to', 'velero-schedule');
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('no schedule')]);
  });

  it('to a ResourceSet needs a cluster where the file names no versions', async () => {
    expect(await run('spec', 'convert', 'infra', '--to', 'resource-set')).toMatchObject({ exitCode: 2 });
  });
});

describe('create', () => {
  it.each([
    [['--spec', 'targets.json', '--resource-set', 'targets.json'], /not both/],
    [['--resource-set', 'velero.json'], /holds no ResourceSet/],
    [['--spec', 'velero.json', '--preset', 'infra'], /give one of them/],
    [['--spec', 'nowhere.yaml'], /cannot be read/],
    [['--target', 'a:b'], /--spec/],
  ])('with %j is refused before anything is asked', async (words, text) => {
    const { exitCode, stderr } = await run('create', ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(text)]);
  });
});
