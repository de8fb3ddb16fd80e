import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { chunksOf, throwIfCancelled } from '@infrabackup/core';

/** How a command that keeps values ended, when not with 0. */
export class ExecFailure extends Error {
  override readonly name = 'ExecFailure';
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The end of what it wrote to standard error. */
  readonly said: string;

  constructor(exitCode: number | null, said: string) {
    const lastLine = said.trim().split('\n').at(-1)!.slice(0, 300);
    super(lastLine === '' ? `the command ended with ${exitCode ?? 'a signal'}` : lastLine);
    this.exitCode = exitCode;
    this.said = said;
  }
}

/** One call of the user's command. */
export interface ExecCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from standard input; nothing when left out. */
  readonly input?: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
}

/** What is kept of standard error: its last words are the reason. */
const lastWordsBytes = 4_096;

/**
 * What the command writes to standard output, as it comes. Throws {@link ExecFailure} unless it ends with 0. It is
 * killed when the consumer leaves early, the signal fires or the input fails.
 */
export async function* runExec({ command, args, env, input, signal }: ExecCall): AsyncGenerator<Buffer> {
  throwIfCancelled(signal);
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-lastWordsBytes);
  });
  // Of a command that cannot be started 'error' comes alone.
  const ended = Promise.race([
    once(child, 'close').then(([code]) => code as number | null),
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
  ]);
  ended.catch(() => undefined);
  // A command need not read its input to the end to know that it fails.
  const fed = pipeline(input ?? [], child.stdin).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EPIPE') child.kill('SIGKILL');
  });
  try {
    for await (const chunk of chunksOf(child.stdout as AsyncIterable<Buffer>, signal)) yield chunk as Buffer;
    const code = await ended;
    if (code !== 0) throw new ExecFailure(code, lastWords);
    await fed;
  } finally {
    child.kill('SIGKILL');
  }
}
