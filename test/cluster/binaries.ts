import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { buildBinaries } from './binaries-build.ts';
import { downloadBinaries } from './binaries-download.ts';
import { controlPlanePrograms, type BinarySource } from './binary-source.ts';
import { cacheFolder } from './cache-folder.ts';
import { isAlive, withFileLock } from './file-lock.ts';
import { createLifeline } from './lifeline.ts';
import { runCommand } from './run-command.ts';
import { stepsOnStderr, type RunStep } from './steps.ts';

/** The version that tests and demo use unless they name one. */
export const defaultVersion = '1.36.3';
/** The oldest version that the tests run against. */
export const oldestVersion = '1.30.14';

/** A folder that holds the programs of one Kubernetes version. */
export interface Binaries {
  /** Without a leading `v`. */
  readonly version: string;
  readonly folder: string;
}

export interface ProvisionOptions {
  readonly runStep?: RunStep;
  /** Ways to get what neither the user's folder nor the cache has, in order. */
  readonly sources?: readonly BinarySource[];
}

/** No way to get the programs was open; the message names each and says what to install. */
export class BinariesUnavailableError extends Error {
  readonly code = 'BinariesUnavailable';
}

/**
 * The programs of a Kubernetes version: from the folder that INFRABACKUP_KUBE_BINARIES names, from the cache,
 * else downloaded or built into the cache (minutes, shown on stderr). Two runs at once wait for one another;
 * a run that is killed leaves no half-filled folder. Throws BinariesUnavailableError.
 */
export async function provisionBinaries(version: string, options: ProvisionOptions = {}): Promise<Binaries> {
  const { runStep = stepsOnStderr, sources = [downloadBinaries, buildBinaries] } = options;
  const plain = version.replace(/^v/, '');
  if (!/^1\.\d+\.\d+$/.test(plain)) {
    throw new BinariesUnavailableError(
      `"${version}" is not a Kubernetes version; write it in full, such as ${defaultVersion}.`,
    );
  }
  const reasons: string[] = [];
  const own = await findInUsersFolder(plain, reasons);
  if (own !== undefined) return { version: plain, folder: own };

  const folder = join(cacheFolder(), 'kubernetes', `v${plain}`);
  if (await holdsPrograms(folder)) return { version: plain, folder };
  await mkdir(dirname(folder), { recursive: true });
  const onWait = (pid: number): void =>
    void process.stderr.write(`Waiting for process ${pid}, which is getting Kubernetes ${plain}.\n`);
  await withFileLock(`${folder}.lock`, onWait, async () => {
    if (await holdsPrograms(folder)) return;
    await removeDebris(folder);
    for (const source of sources) {
      const reason = await fillFolder(source, folder, plain, runStep);
      if (reason === undefined) return;
      reasons.push(reason);
    }
    throw new BinariesUnavailableError(describeFailure(plain, reasons));
  });
  return { version: plain, folder };
}

/** Fills a folder aside and moves it into place whole. */
async function fillFolder(
  source: BinarySource,
  folder: string,
  version: string,
  runStep: RunStep,
): Promise<undefined | string> {
  const lifeline = await createLifeline(`${folder}.${process.pid}-`);
  try {
    const filled = join(lifeline.folder, 'filled');
    const scratch = join(lifeline.folder, 'scratch');
    await Promise.all([mkdir(filled), mkdir(scratch)]);
    const reason = await source({ version, folder: filled, scratch, runStep, start: lifeline.start });
    if (reason !== undefined) return reason;
    const missing = await missingPrograms(filled);
    if (missing.length > 0)
      throw new Error(`The programs ${missing.join(', ')} of Kubernetes ${version} were not made.`);
    await rm(folder, { recursive: true, force: true });
    await rename(filled, folder);
    return undefined;
  } finally {
    await lifeline.cut();
  }
}

/** Folders beside the cache entry whose process is gone; a machine that lost power leaves them. */
async function removeDebris(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.`;
  for (const name of await readdir(dirname(folder))) {
    const pid = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dirname(folder), name), { recursive: true });
  }
}

async function findInUsersFolder(version: string, reasons: string[]): Promise<string | undefined> {
  const base = process.env['INFRABACKUP_KUBE_BINARIES'];
  if (base === undefined || base === '') return undefined;
  for (const folder of [join(base, `v${version}`), join(base, version)]) {
    if (await holdsPrograms(folder)) return folder;
  }
  const missing = await missingPrograms(base);
  if (missing.length > 0) {
    reasons.push(
      `INFRABACKUP_KUBE_BINARIES=${base} has no folder v${version} with all programs and itself lacks ${missing.join(', ')}`,
    );
    return undefined;
  }
  const { stdout } = await runCommand(join(base, 'kube-apiserver'), ['--version']);
  if (stdout.trim() === `Kubernetes v${version}`) return base;
  reasons.push(`INFRABACKUP_KUBE_BINARIES=${base} holds ${stdout.trim()}, not v${version}`);
  return undefined;
}

async function holdsPrograms(folder: string): Promise<boolean> {
  return existsSync(folder) && (await missingPrograms(folder)).length === 0;
}

async function missingPrograms(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (const program of controlPlanePrograms) {
    await access(join(folder, program), constants.X_OK).catch(() => missing.push(program));
  }
  return missing;
}

function describeFailure(version: string, reasons: readonly string[]): string {
  return [
    `The programs of Kubernetes ${version} for a test cluster could not be had:`,
    ...reasons.map((reason) => `  - ${reason}`),
    `Install Go (https://go.dev/dl) where it is missing, or ask for another version (${defaultVersion} and ${oldestVersion} are known to build),`,
    `or set INFRABACKUP_KUBE_BINARIES to a folder that holds ${controlPlanePrograms.join(', ')} of v${version}; then run again.`,
  ].join('\n');
}
