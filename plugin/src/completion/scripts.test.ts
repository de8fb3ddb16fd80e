import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScripts, completionShells, isCompletionShell } from './scripts.ts';

const run = promisify(execFile);
const hasBash = await run('bash', ['-c', 'exit 0']).then(
  () => true,
  () => false,
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-completion-'));
  // Answers with the words it was asked about, so that the test sees what the script passes on.
  const program = join(folder, 'kubectl-infrabackup');
  await writeFile(
    program,
    `#!/bin/sh
shift
printf '%s|' "$@" > "${folder}/asked"
printf 'nightly\\tof yesterday\\nnoon\\nfile:///a\\nfile:///b\\n:4\\n'
`,
  );
  await chmod(program, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What bash would offer for a line, and what our script asked. */
async function completeInBash(line: string): Promise<{ readonly offered: readonly string[]; readonly asked: string }> {
  const script = `
source <(printf '%s' "$SCRIPT")
COMP_LINE=$LINE COMP_POINT=\${#LINE} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
compopt() { :; }
_kubectl_infrabackup
printf '%s\\n' "\${COMPREPLY[@]}"
printf '=%s' "$(cat ${folder}/asked)"
`;
  const env = {
    ...process.env,
    SCRIPT: completionScripts.bash,
    LINE: line,
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  const { stdout } = await run('bash', ['-c', script], { env });
  const [offered = '', asked = ''] = stdout.split('\n=');
  return { offered: offered.split('\n').filter((text) => text !== ''), asked };
}

describe('the completion scripts', () => {
  it('are there for each shell and know where to ask', () => {
    for (const shell of completionShells) expect(completionScripts[shell]).toContain('kubectl-infrabackup __complete');
    expect([isCompletionShell('bash'), isCompletionShell('tcsh')]).toEqual([true, false]);
  });

  it.skipIf(!hasBash).each([
    ['kubectl-infrabackup get ', 'get||', ['nightly', 'noon', 'file:///a', 'file:///b']],
    ['kubectl-infrabackup get n', 'get|n|', ['nightly', 'noon']],
    ['kubectl-infrabackup get ni', 'get|ni|', ['nightly']],
    ['kubectl-infrabackup list --from=n', 'list|--from=n|', ['nightly', 'noon']],
    // Behind the colon, which bash takes for the start of a word.
    ['kubectl-infrabackup list --from file:', 'list|--from|file:|', ['///a', '///b']],
    ['kubectl-infrabackup list --from=file:///a', 'list|--from=file:///a|', ['///a']],
  ])('let bash complete %j', async (line, asked, offered) => {
    expect(await completeInBash(line)).toEqual({ asked, offered });
  });
});
