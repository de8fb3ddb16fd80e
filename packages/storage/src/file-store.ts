import { open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkKey, checkPrefix, chunksOf, isKeySegment, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Store, StoreBody, StoreEntry, AppError } from '@infrabackup/core';
import { diskError, diskGuard, errnoOf } from './disk-error.ts';
import { findFile } from './find-file.ts';
import { placeNewFile } from './place-new-file.ts';
import { noSuchValue, taken } from './store-failure.ts';
import { openTempFile, syncFolder } from './temp-file.ts';
import { writeDurably } from './write-durably.ts';

/** What a file location can be told. */
export interface FileStoreOptions {
  /**
   * `never` for a file system that claims to make hard links and does not; by default they are used where they work.
   * Without them a new value is visible as an empty file for an instant before it is whole.
   */
  readonly hardLinks?: 'auto' | 'never' | undefined;
}

/** What a read says where there is no value: no such file, a value where a folder is meant, or the reverse. */
const noValue = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP']);

const chunkBytes = 256 * 1024;

/**
 * A folder as a Store: each value a file, 0600 in folders of 0700, made when first written.
 *
 * A symbolic link inside the folder is followed like what it points at: whoever may write into the folder decides what
 * lies in it. Keys themselves cannot lead out of it. Nothing is touched until the first call.
 */
export function openFileStore(root: string, options: FileStoreOptions = {}): Store {
  return new FileStore(resolve(root), options.hardLinks ?? 'auto');
}

class FileStore implements Store {
  readonly uri: string;
  readonly capabilities = { conditionalCreate: true, rangedRead: true };
  readonly #root: string;
  readonly #hardLinks: 'auto' | 'never';

  constructor(root: string, hardLinks: 'auto' | 'never') {
    this.uri = `${pathToFileURL(root).href}${hardLinks === 'auto' ? '' : `?hardLinks=${hardLinks}`}`;
    this.#root = root;
    this.#hardLinks = hardLinks;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key);
    const disk = this.#guard('write', key, 'nothing of it was left behind');
    if ((await disk(orNothing(stat(path)))) !== undefined) throw taken(this.uri, key);
    const temp = await this.#writeTemp(path, body, disk, signal);
    try {
      if (!(await disk(placeNewFile(temp, path, this.#hardLinks)))) throw taken(this.uri, key);
    } finally {
      await rm(temp, { force: true });
    }
    await disk(syncFolder(dirname(path)));
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key);
    const disk = this.#guard('write', key, 'what was there before still is');
    const temp = await this.#writeTemp(path, body, disk, signal);
    try {
      await disk(rename(temp, path));
    } catch (error) {
      await rm(temp, { force: true });
      throw error;
    }
    await disk(syncFolder(dirname(path)));
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    throwIfCancelled(signal);
    return this.#reading(key, async (handle) => {
      if (range === undefined) return handle.readFile();
      const { size } = await handle.stat();
      const length = Math.max(0, Math.min(range.length, size - range.offset));
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, await readFully(handle, buffer, range.offset));
    });
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    throwIfCancelled(signal);
    const handle = await this.#open(key);
    const disk = this.#guard('read', key);
    try {
      for (let position = offset; ;) {
        throwIfCancelled(signal);
        const buffer = Buffer.allocUnsafe(chunkBytes);
        const { bytesRead } = await disk(handle.read(buffer, 0, chunkBytes, position));
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    throwIfCancelled(signal);
    const path = this.#path(key);
    return this.#guard('look up', key)(entryOf(path, key));
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    yield* this.#walk(prefix, signal);
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(prefix);
    for (const { name, isFolder } of await this.#names(prefix, signal)) {
      if (!isFolder || (await this.#holdsValue(`${prefix}${name}/`, signal))) yield name;
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    const path = this.#path(key);
    const disk = this.#guard('remove', key);
    const found = await disk(orNothing(stat(path)));
    if (found === undefined || found.isDirectory()) return;
    await disk(rm(path, { force: true }));
    await disk(this.#removeEmptyFolders(dirname(path)));
  }

  async *#walk(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<StoreEntry> {
    for (const { name, isFolder } of await this.#names(prefix, signal)) {
      const key = `${prefix}${name}`;
      if (isFolder) {
        yield* this.#walk(`${key}/`, signal);
      } else {
        throwIfCancelled(signal);
        const entry = await this.#guard('look up', key)(entryOf(this.#path(key), key));
        if (entry !== undefined) yield entry;
      }
    }
  }

  async #holdsValue(prefix: string, signal: AbortSignal | undefined): Promise<boolean> {
    for (const { name, isFolder } of await this.#names(prefix, signal)) {
      if (!isFolder || (await this.#holdsValue(`${prefix}${name}/`, signal))) return true;
    }
    return false;
  }

  /** What may be keys directly under a prefix, in the order of the keys: a folder `a` stands where `a/` does. */
  async #names(prefix: string, signal: AbortSignal | undefined): Promise<{ name: string; isFolder: boolean }[]> {
    throwIfCancelled(signal);
    const folder = join(this.#root, prefix);
    const found = await this.#guard(
      'list',
      prefix,
    )(
      readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
        if (noValue.has(errnoOf(error))) return [];
        throw error;
      }),
    );
    const names: { name: string; isFolder: boolean; sortKey: string }[] = [];
    for (const entry of found) {
      if (!isKeySegment(entry.name)) continue;
      const { name } = entry;
      const target = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => undefined) : entry;
      if (target?.isDirectory() === true) names.push({ name, isFolder: true, sortKey: `${name}/` });
      else if (target?.isFile() === true) names.push({ name, isFolder: false, sortKey: name });
    }
    // Keys are ASCII: the order of UTF-16 units is that of bytes.
    return names.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
  }

  /** Writes the body, durable and whole, beside where it shall be; nothing is left when that fails. */
  async #writeTemp(path: string, body: StoreBody, disk: Guard, signal: AbortSignal | undefined): Promise<string> {
    throwIfCancelled(signal);
    const temp = await disk(openTempFile(dirname(path)));
    try {
      try {
        await writeDurably(temp.handle, chunksOf(body, signal), disk);
      } finally {
        // NFS reports a full disk as late as here.
        await disk(temp.handle.close());
      }
      throwIfCancelled(signal);
      return temp.path;
    } catch (error) {
      await rm(temp.path, { force: true });
      await this.#removeEmptyFolders(dirname(path)).catch(() => undefined);
      throw error;
    }
  }

  /** Removes the folder and those above it that are now empty, below the root: a bucket has no empty folders either. */
  async #removeEmptyFolders(folder: string): Promise<void> {
    let kept = folder;
    try {
      for (; kept.length > this.#root.length; kept = dirname(kept)) await rmdir(kept);
    } catch {
      // It is not empty, or gone, or may not be removed: nobody misses that.
    }
    await syncFolder(kept).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }

  async #reading<T>(key: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await this.#open(key);
    try {
      return await use(handle);
    } catch (error) {
      throw this.#readError(key, error);
    } finally {
      await handle.close();
    }
  }

  async #open(key: string): Promise<FileHandle> {
    const path = this.#path(key);
    let handle: FileHandle | undefined;
    try {
      handle = await findFile(path, () => openFile(path));
    } catch (error) {
      throw this.#readError(key, error);
    }
    if (handle === undefined) throw noSuchValue(this.uri, key);
    return handle;
  }

  #readError(key: string, error: unknown): AppError {
    if (noValue.has(errnoOf(error))) return noSuchValue(this.uri, key);
    return diskError(error, `could not read ${key} in ${this.uri}`);
  }

  #guard(verb: string, key: string, left?: string): Guard {
    return diskGuard(`could not ${verb} ${key === '' ? '' : `${key} in `}${this.uri}`, left);
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, key);
  }
}

type Guard = ReturnType<typeof diskGuard>;

/** Undefined when it is something else. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  const handle = await open(path, 'r');
  let isFile = false;
  try {
    isFile = (await handle.stat()).isFile();
    return isFile ? handle : undefined;
  } finally {
    if (!isFile) await handle.close();
  }
}

async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: unknown) => {
    if (noValue.has(errnoOf(error))) return undefined;
    throw error;
  });
}

async function entryOf(path: string, key: string): Promise<StoreEntry | undefined> {
  const found = await orNothing(findFile(path, () => stat(path)));
  return found?.isFile() === true ? { key, sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
}

async function readFully(handle: FileHandle, buffer: Buffer, offset: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
