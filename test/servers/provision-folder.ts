import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../cluster/cache-folder.ts';
import { withFileLock } from '../cluster/file-lock.ts';
import { createLifeline, type Lifeline } from '../cluster/lifeline.ts';
import { collectOutput, CommandError, runCommand } from '../cluster/run-command.ts';
import { stepsOnStderr } from '../cluster/steps.ts';

/** A server cannot be had here; the message says what to install. */
export class ServerUnavailableError extends Error {
  readonly code = 'ServerUnavailable';
}

/**
 * A program that `go install` makes, from the cache or built into it (minutes, shown on stderr).
 * Throws ServerUnavailableError where there is no Go, or no such module to be had.
 */
export async function provisionGoProgram(program: string, modulePath: string, version: string): Promise<string> {
  const folder = await provisionFolder(`${program}-${version}`, `Building ${program} ${version}`, 150, async (made) => {
    await requireGo(program);
    const env = { ...process.env, ...goEnv, GOBIN: made.folder };
    const what = `go install ${modulePath}@v${version}`;
    await collectOutput(made.start('go', ['install', `${modulePath}@v${version}`], { env }), what);
  });
  return join(folder, program);
}

/** What Go builds with: nothing of the machine's own modules, no C compiler. */
export const goEnv = { GOFLAGS: '-mod=mod', GOWORK: 'off', CGO_ENABLED: '0' } as const;

/** Throws ServerUnavailableError, naming the program that is to be built, where there is no Go. */
export function requireGo(program: string): Promise<void> {
  return requireCommand('go', ['version'], `${program} is built with Go`, 'https://go.dev/dl');
}

/** A package of npm with all that it needs, from the cache or installed into it. The folder that holds node_modules. */
export async function provisionNpmPackage(name: string, version: string): Promise<string> {
  return provisionFolder(`${name}-${version}`, `Installing ${name} ${version} with npm`, 60, async (made) => {
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'];
    const args = ['install', '--prefix', made.folder, ...options, `${name}@${version}`];
    await collectOutput(made.start('npm', args, { cwd: made.folder }), `npm ${args.join(' ')}`);
  });
}

/** Throws ServerUnavailableError, saying what needs the command and where to get it, unless it runs. */
async function requireCommand(command: string, args: readonly string[], reason: string, source: string): Promise<void> {
  try {
    await runCommand(command, args);
  } catch {
    throw new ServerUnavailableError(`${reason}, and there is no \`${command}\` on the PATH.\nInstall it: ${source}`);
  }
}

/**
 * A folder of the cache, by a name that tells the version; `fill` fills it where it is not there, and its `detail` shows
 * how far that is. It is filled aside and moved into place whole. Two runs at once wait for one another.
 *
 * Throws ServerUnavailableError when a command of `fill` fails.
 */
export async function provisionFolder(
  name: string,
  what: string,
  usualSeconds: number,
  fill: (made: Lifeline, detail: (text: string) => void) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), 'servers', name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const onWait = (pid: number): void =>
    void process.stderr.write(`Waiting for process ${pid}, which is getting ${name}.\n`);
  await withFileLock(`${folder}.lock`, onWait, async () => {
    if (existsSync(folder)) return;
    const made = await createLifeline(`${folder}.${process.pid}-`);
    try {
      await stepsOnStderr(what, usualSeconds, (detail) => fill(made, detail));
      await rename(made.folder, folder);
    } catch (error) {
      if (error instanceof CommandError) throw new ServerUnavailableError(`${name} could not be had: ${error.message}`);
      throw error;
    } finally {
      await made.cut();
    }
  });
  return folder;
}
