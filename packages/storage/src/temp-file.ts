import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from './disk-error.ts';
import { isRunning, thisHost } from './this-process.ts';

/** `.infrabackup-<host>-<pid>-<random>.tmp`: the leading dot keeps it from being a key. */
const tempName = /^\.infrabackup-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{16}\.tmp$/;

/** After this long without a write, by the file system's own times, the writer of a temporary file counts as dead. */
const abandonedAfterMs = 24 * 3_600_000;

/** A file that has no place yet. Whoever opened it closes the handle and places or removes the file. */
export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * Opens an empty temporary file (mode 0600) in the folder, making the folder (0700) where it is missing, and removes
 * what dead writers left there.
 */
export async function openTempFile(folder: string): Promise<TempFile> {
  const name = `.infrabackup-${hostId()}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`;
  const path = join(folder, name);
  // Whoever removes the last value of a folder removes the folder, perhaps just before our file is in it.
  for (let attempts = 1; ; attempts++) {
    try {
      await makeFolder(folder);
      const handle = await open(path, 'wx', 0o600);
      await removeAbandoned(folder, name, (await handle.stat()).mtimeMs);
      return { path, handle };
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempts === 10) throw error;
    }
  }
}

/** Puts a value in place of the file, which keeps its old content or has the whole new one, also after a crash. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temp = await openTempFile(dirname(path));
  try {
    try {
      await temp.handle.writeFile(content);
      await temp.handle.sync();
    } finally {
      await temp.handle.close();
    }
  } catch (error) {
    await rm(temp.path, { force: true });
    throw error;
  }
  await placeTempFile(temp, path);
}

/** Gives a synced and closed temporary file its place, durably. */
export async function placeTempFile(temp: TempFile, path: string): Promise<void> {
  try {
    await rename(temp.path, path);
  } catch (error) {
    await rm(temp.path, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable, where the file system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    // Windows opens no folders; some network and FUSE file systems sync none. What a rename gives there is all there is.
    if (process.platform !== 'win32' && !['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error))) throw error;
  } finally {
    await handle?.close();
  }
}

/** Makes a folder and those above it, durably. Not by mkdir's own `recursive`, which never returns where ENOENT stays. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOneFolder(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeOneFolder(folder);
  }
}

async function makeOneFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, 0o700);
  } catch (error) {
    // Told of a folder on some read-only or foreign file systems before they say that it exists.
    const mayExist = ['EEXIST', 'EROFS', 'EACCES', 'EPERM', 'EISDIR'].includes(errnoOf(error));
    if (mayExist && (await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
    if (errnoOf(error) !== 'EEXIST') throw error;
    // It was there, and whoever removed the last value in it has taken it away since; another may have made it again.
    const now = await lstat(folder).catch(() => undefined);
    if (now?.isDirectory() === true) return;
    if (now !== undefined) throw error;
    await makeOneFolder(folder);
    return;
  }
  await syncFolder(dirname(folder));
}

/**
 * Removes the temporary files of dead writers from a folder; `nowMs` is a time of the folder's own file system.
 *
 * Best effort: what may not be listed or removed here is no reason to fail a write.
 */
async function removeAbandoned(folder: string, own: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, host, pid] = tempName.exec(name) ?? [];
    if (host === undefined || name === own) continue;
    const path = join(folder, name);
    try {
      const dead = host === hostId() && !isRunning(Number(pid));
      if (dead || (await stat(path)).mtimeMs < nowMs - abandonedAfterMs) await rm(path);
    } catch {
      // Another writer was faster, or it is another user's.
    }
  }
}

function hostId(): string {
  return thisHost().slice(-8);
}
