import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '@infrabackup/core';
import { runCommandLine } from './command-line.ts';
import { verbs } from './commands/verbs.ts';
import { memoryShell, type MemoryShell, type MemoryShellOptions } from './testing/memory-shell.ts';

async function run(typed: string, options?: MemoryShellOptions): Promise<MemoryShell & { readonly exitCode: number }> {
  const shell = memoryShell(options);
  return {
    ...shell,
    exitCode: await runCommandLine(
      typed.split(' ').filter((word) => word !== ''),
      shell,
    ),
  };
}

describe('help', () => {
  it.each(verbs.map(({ path }) => path))('of %s is what people read', async (path) => {
    const { stdout, stderr, exitCode } = await run(`${path} --help`);
    expect([stderr(), exitCode]).toEqual(['', 0]);
    await expect(stdout()).toMatchFileSnapshot(`__golden__/help-${path.replace(' ', '-')}.txt`);
  });

  it('lists the verbs', async () => {
    const { stdout, exitCode } = await run('');
    expect(exitCode).toBe(0);
    await expect(stdout()).toMatchFileSnapshot('__golden__/help.txt');
  });

  it.each([
    ['--help', ''],
    ['-h', ''],
    ['help', ''],
    ['help create', 'create --help'],
    ['create -h', 'create --help'],
    ['--help create', 'create --help'],
    ['create extra words --help', 'create --help'],
  ])('%s is %s', async (typed, same) => {
    expect((await run(typed)).stdout()).toBe((await run(same)).stdout());
  });

  it.each([40, 80, 200])('fits a terminal of %i columns', async (columns) => {
    for (const { path } of verbs) {
      const lines = (await run(`${path} --help`, { columns })).stdout().split('\n');
      // Commands are not broken: they are there to be copied.
      const prose = lines.filter((line) => !/^ *(Usage: |kubectl|source|#)/.test(line) && line.includes(' '));
      for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(Math.max(columns, 60));
    }
  });

  it('names the exit codes of the verb from the one table', async () => {
    const text = (await run('verify --help')).stdout().replaceAll(/\s+/g, ' ');
    for (const name of ['done', 'failed', 'damaged', 'bug', 'cancelled']) {
      const row = exitCodes.find((code) => code.name === name)!;
      expect(text).toContain(`${row.exitCode} ${row.meaning}`);
    }
    expect(text).not.toContain(exitCodes.find(({ name }) => name === 'differs')!.meaning);
  });
});

describe('a wrong command line', () => {
  it.each([
    ['lst', "error: unknown command 'lst' for 'kubectl infrabackup'", "hint: did you mean 'kubectl infrabackup list'?"],
    ['frobnicate', "error: unknown command 'frobnicate'", "hint: 'kubectl infrabackup --help' lists them"],
    ['list --form x', 'error: unknown flag: --form', 'hint: did you mean --from?'],
    ['list -x', "error: unknown shorthand flag: 'x' in -x", ''],
    ['--form x', 'error: unknown flag: --form', ''],
    ['list extra', "error: list takes no 'extra'", 'hint: kubectl infrabackup list --help'],
    ['describe', 'error: describe needs more: kubectl infrabackup describe BACKUP', ''],
    ['get nightly', 'error: get needs more', ''],
    ['list -o jsno', "error: --output takes table, wide, json, yaml, name, not 'jsno'", 'hint: did you mean json?'],
    ['list --from', 'error: flag needs an argument: --from', ''],
    ['create --ttl soon', "error: --ttl takes a length of time, not 'soon'", 'hint: write whole weeks'],
    ['create Not_A_Name', 'error: "Not_A_Name" cannot name a backup', 'hint: '],
    ['create --label x', 'error: --label "x" is not a label', 'hint: write key=value'],
    ['create --concurrency 0', 'error: --concurrency takes 1 or more', ''],
    ['create -n a --include-namespaces b', 'error: -n and --include-namespaces mean the same', ''],
    ['list -l a=(', 'error: ', ''],
    ['list --from s4://bucket', 'error: s4: is not a kind of location', 'hint: '],
    ['completion tcsh', "error: there is no completion for 'tcsh'", 'hint: '],
  ])('%s is told so and ends with 2', async (typed, message, hint) => {
    const { stdout, stderr, exitCode } = await run(typed, { env: { KUBECONFIG: '/nowhere' } });
    expect(stderr()).toContain(message);
    expect(stderr()).toContain(hint);
    expect([stdout(), exitCode]).toEqual(['', 2]);
  });

  it.each(['-o json', '-ojson', '--output json', '--output=json', '-o=json'])(
    'is one JSON object with %s',
    async (typed) => {
      const { stderr, exitCode } = await run(`list --form x ${typed}`);
      expect(JSON.parse(stderr())).toEqual({
        error: { code: 'USAGE', exitCode: 2, message: 'unknown flag: --form', hint: 'did you mean --from?' },
      });
      expect(exitCode).toBe(2);
    },
  );

  it('takes kubectl flags where they have nothing to say', async () => {
    expect((await run('completion bash --context prod --as me')).exitCode).toBe(0);
  });
});

describe('a cluster that is not there', () => {
  it.each([
    ['version', { KUBECONFIG: '/nowhere' }, 2, 'error: no cluster is configured: there is no kubeconfig /nowhere'],
    ['version --server https://127.0.0.1:1', { KUBECONFIG: '/nowhere' }, 7, 'error: '],
    ['version --kubeconfig /nowhere', {}, 2, 'error: there is no kubeconfig /nowhere'],
  ])('%s says so', async (typed, env, exitCode, message) => {
    const found = await run(typed, { env });
    expect(found.stderr()).toContain(message);
    expect(found.exitCode).toBe(exitCode);
  });
});

it('says the version of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  expect((await run('version --client')).stdout()).toContain(`Client Version: v${version}\n`);
});
