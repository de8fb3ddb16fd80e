/**
 * The entry: the one place that touches the process. It is bundled into one file without the rest, so that what must be
 * quick is: the version, and the scripts of completion.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, userFolders } from '@infrabackup/core';
import { clientVersionText } from './client-version.ts';
import { completionScripts, isCompletionShell } from './completion/scripts.ts';
import type { Shell, Sink } from './shell.ts';

const argv = process.argv.slice(2);
const [verb, ...rest] = argv;
const only = rest.length === 1 ? rest[0]! : '';

if (verb === 'version' && only === '--client') process.stdout.write(clientVersionText);
else if (verb === 'completion' && isCompletionShell(only)) process.stdout.write(completionScripts[only]);
// Connections that are kept alive must not keep the process.
else process.exit(verb === '__complete' ? await complete(rest) : await runVerb(argv));

async function complete(words: readonly string[]): Promise<number> {
  const shell = processShell();
  keepCompiled(shell);
  const { answerCompletion } = await import('./completion/complete.ts');
  await shell.out.write(await answerCompletion(words, shell));
  return 0;
}

async function runVerb(words: readonly string[]): Promise<number> {
  const shell = processShell();
  keepCompiled(shell);
  const { reportFailure, runCommandLine } = await import('./command-line.ts');
  // What nobody waits for fails here: a fault of ours, which must not end with Node's 1.
  process.on('uncaughtException', (error) => {
    void reportFailure(error, words, shell).then((exitCode) => process.exit(exitCode));
  });
  return await runCommandLine(words, shell);
}

/** What this run compiles the next one need not: 50 ms where it speaks to S3. Where it cannot be kept, nothing is said. */
function keepCompiled(shell: Shell): void {
  const { cache } = userFolders(shell);
  try {
    // Not by Node, nor by its mkdir with all parents: below /proc both try for ever.
    for (const folder of [dirname(cache), cache]) if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  } catch {
    return;
  }
  enableCompileCache(join(cache, 'compiled'));
}

function processShell(): Shell {
  const signal = cancelSignal();
  return {
    env: process.env,
    platform: process.platform,
    home: homedir(),
    workingFolder: process.cwd(),
    scratchFolder: tmpdir(),
    clock: { now: () => Date.now() },
    random: Math.random,
    signal,
    out: sinkOf(process.stdout),
    err: sinkOf(process.stderr),
    ask: process.stdin.isTTY && process.stderr.isTTY ? (question) => askOnTerminal(question, signal) : undefined,
  };
}

/** Fires at the first Ctrl-C (or polite kill); the second one ends the process on the spot. */
function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(name));
    });
  }
  return controller.signal;
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  let isClosed = false;
  // The callback of the write that failed gets it too.
  stream.on('error', () => undefined);
  return {
    isTerminal: stream.isTTY,
    columns: stream.isTTY ? stream.columns : undefined,
    hasColours: stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    get isClosed() {
      return isClosed;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          resolve();
          return;
        }
        stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
          isClosed ||= error?.code === 'EPIPE';
          if (error && !isClosed)
            reject(new AppError('STORE_FULL', `the output could not be written: ${error.message}`));
          else resolve();
        });
      }),
  };
}

/** One line; empty at the end of input. The terminal stays in its own mode, so that Ctrl-C is the signal it always is. */
async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline');
  process.stderr.write(question);
  for await (const line of createInterface({ input: process.stdin, terminal: false, signal })) return line;
  return '';
}
