import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { User } from '../cluster/user.ts';

/** The launcher that npx finds: what a user's `kubectl infrabackup` is. */
export const launcher = resolve(import.meta.dirname, '../../plugin/bin/kubectl-infrabackup.js');

/** How a command ended. */
export interface PluginResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningPlugin {
  readonly process: ChildProcess;
  readonly result: Promise<PluginResult>;
}

/** A user at a terminal of their own: a home folder, so locations and state of their own, and a kubeconfig. */
export interface Workplace extends AsyncDisposable {
  /** Holds everything that the plugin keeps for a user; removed with the workplace. */
  readonly home: string;
  /** Runs the plugin to its end, whatever that is; standard input is no terminal. */
  run(...args: readonly string[]): Promise<PluginResult>;
  /** As run; throws with all that it printed unless it ends with 0. Returns standard output. */
  succeed(...args: readonly string[]): Promise<string>;
  /** Starts the plugin and does not wait. */
  start(...args: readonly string[]): RunningPlugin;
}

/** Makes a workplace for a user of a cluster. */
export async function openWorkplace(
  user: Pick<User, 'kubeconfigPath'>,
  env: Readonly<Record<string, string>> = {},
): Promise<Workplace> {
  const home = await mkdtemp(join(tmpdir(), 'infrabackup-home-'));
  const start = (...args: readonly string[]): RunningPlugin => {
    const child = spawn(process.execPath, [launcher, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KUBECONFIG: user.kubeconfigPath,
        HOME: home,
        XDG_DATA_HOME: join(home, 'data'),
        XDG_CONFIG_HOME: join(home, 'config'),
        XDG_STATE_HOME: join(home, 'state'),
        XDG_CACHE_HOME: join(home, 'cache'),
        ...env,
      },
    });
    return { process: child, result: collect(child) };
  };
  return {
    home,
    start,
    run: (...args) => start(...args).result,
    async succeed(...args) {
      const { exitCode, stdout, stderr } = await start(...args).result;
      if (exitCode === 0) return stdout;
      throw new Error(`kubectl infrabackup ${args.join(' ')} ended with ${String(exitCode)}\n${stderr}\n${stdout}`);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

async function collect(child: ChildProcess): Promise<PluginResult> {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { exitCode: exitCode ?? undefined, stdout, stderr };
}
