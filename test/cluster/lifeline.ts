import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** Processes and a folder that never outlive this process. */
export interface Lifeline {
  /** The folder that goes with the lifeline. */
  readonly folder: string;
  /**
   * A process in a group of its own (a Ctrl-C in the terminal does not reach it), killed when this process ends in whatever way.
   * Its output goes to `logFile`, or is piped when that is absent. It does not keep this process alive.
   */
  readonly start: (command: string, args: readonly string[], options?: StartOptions) => ChildProcess;
  /** Resolves when every process still running has been killed and the folder is gone. May be called twice. */
  cut(): Promise<void>;
}

interface StartOptions {
  readonly logFile?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const script = join(import.meta.dirname, 'lifeline.sh');

/** The shell that registers itself before it becomes the command, so that no moment exists in which a kill would leak it. */
const registerAndBecome = 'echo "+$$" >&3; exec "$0" "$@" 3>&-';

/**
 * A lifeline with a new folder, whose path begins with the prefix.
 * A small shell waits at the other end of a pipe; the kernel closes the pipe when this process is gone, by `kill -9` too.
 */
export async function createLifeline(prefix: string): Promise<Lifeline> {
  const folder = `${prefix}${randomBytes(8).toString('hex')}`;
  const watcher = spawn('/bin/sh', [script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = once(watcher, 'exit');
  const pipe: Writable & { unref?: () => void } = watcher.stdin;
  // Somebody who kills the watcher ends the promise of this lifeline, not this process.
  pipe.on('error', () => undefined);
  watcher.unref();
  pipe.unref?.();
  // Not before there is somebody who will remove it.
  await mkdir(folder, { mode: 0o700 });

  return {
    folder,
    start(command, args, { logFile, cwd, env } = {}) {
      const output = logFile === undefined ? 'pipe' : openSync(logFile, 'a');
      const child = spawn('/bin/sh', ['-c', registerAndBecome, command, ...args], {
        detached: true,
        stdio: ['ignore', output, output, pipe],
        ...(cwd !== undefined && { cwd }),
        ...(env !== undefined && { env }),
      });
      if (typeof output === 'number') closeSync(output);
      child.once('exit', () => pipe.writable && pipe.write(`-${String(child.pid)}\n`));
      child.unref();
      return child;
    },
    async cut() {
      watcher.ref();
      pipe.end();
      await gone;
    },
  };
}
