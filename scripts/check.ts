/**
 * Everything that can be said of a change without a cluster, in under two minutes: formatting, types, lint, direction
 * rules, unused code, generated docs, unit tests. Prints one line a step, and the output of those that fail.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Longest first, so that the last to finish is short. */
const steps: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  {
    name: 'unit tests',
    // vitest would leave one processor to others.
    command: ['vitest', 'run', '--project', 'unit', '--silent', 'passed-only', '--max-workers', '100%'],
  },
  { name: 'lint', command: ['eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', '.tsbuild/eslint'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'extension package', command: ['node', 'scripts/package-extension.ts'] },
  { name: 'boundaries', command: ['node', 'scripts/check-boundaries.ts'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'generated docs', command: ['node', 'scripts/generate-docs.ts', '--check'] },
  { name: 'WebAssembly', command: ['node', 'scripts/build-wasm.ts', '--check'] },
];

interface Outcome {
  readonly name: string;
  readonly exitCode: number;
  readonly output: string;
}

async function runStep(name: string, command: readonly string[]): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(command[0]!, command.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? 1));
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (name === 'unit tests' || exitCode !== 0) console.log(output.trimEnd());
  return { name, exitCode, output };
}

const queue = [...steps];
const outcomes: Outcome[] = [];
async function work(): Promise<void> {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    outcomes.push(await runStep(step.name, step.command));
  }
}
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));

const failed = outcomes.filter(({ exitCode }) => exitCode !== 0).map(({ name }) => name);
if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(', ')}`);
  process.exit(1);
}
