import { tmpdir } from 'node:os';
import { checkPrefix, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Spool, StoreBatch, StoreBody, StoreCapabilities, StoreEntry } from '@infrabackup/core';
import { openDiskSpool } from '../disk-spool.ts';
import { sourceOf } from '../source-failure.ts';
import { noSuchValue, storeFailure, taken } from '../store-failure.ts';
import { blobId, type BlobBody } from './fast-import.ts';
import { checkGitKey } from './git-key.ts';
import { folderOf, type Files } from './plan-commit.ts';
import type { ValueRow } from './value-table.ts';

/** A value that was written and has not been committed. */
export interface StagedValue extends ValueRow, BlobBody {
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** What a batch is made of. */
export interface GitBatchOptions {
  readonly uri: string;
  /** What the location holds as the batch begins. */
  readonly files: Files;
  readonly entries: (prefix: string, signal: AbortSignal | undefined) => Promise<readonly StoreEntry[]>;
  readonly stream: (key: string, offset: number, signal: AbortSignal | undefined) => AsyncIterable<Buffer>;
  /** When the batch began, by git's clock. */
  readonly beganMs: number;
  readonly commit: (batch: GitBatch, signal: AbortSignal | undefined) => Promise<void>;
}

/** Values up to this length lie in memory until they are committed. */
const inMemoryBytes = 64 * 1024;
const chunkBytes = 256 * 1024;

/** Writes that become one commit. */
export class GitBatch implements StoreBatch {
  readonly uri: string;
  /** What is read of a batch is what was just written to it, which lies on this machine. */
  readonly capabilities: StoreCapabilities = { conditionalCreate: true, rangedRead: true, keepsRemoved: true };
  readonly #options: GitBatchOptions;
  /** By key; undefined: removed. */
  readonly values = new Map<string, StagedValue | undefined>();
  /** What the touched keys had when the batch began. */
  readonly before = new Map<string, string | undefined>();
  /** The keys that nobody else may have made meanwhile. */
  readonly created = new Set<string>();

  constructor(options: GitBatchOptions) {
    this.uri = options.uri;
    this.#options = options;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    this.#check(key, signal);
    if (this.#has(key)) throw taken(this.uri, key);
    const value = await this.#take(key, body, signal);
    if (this.#has(key)) {
      await value.close();
      throw taken(this.uri, key);
    }
    this.created.add(key);
    await this.#put(key, value);
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    this.#check(key, signal);
    await this.#put(key, await this.#take(key, body, signal));
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    this.#check(key, signal);
    if (!this.values.has(key)) {
      const bytes = Buffer.concat(await Array.fromAsync(this.#options.stream(key, range?.offset ?? 0, signal)));
      return range === undefined ? bytes : bytes.subarray(0, range.length);
    }
    const value = this.#value(key);
    const offset = Math.min(range?.offset ?? 0, value.sizeBytes);
    return value.read(offset, Math.min(range?.length ?? Infinity, value.sizeBytes - offset));
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    this.#check(key, signal);
    if (!this.values.has(key)) {
      yield* this.#options.stream(key, offset, signal);
      return;
    }
    const value = this.#value(key);
    for (let at = offset; at < value.sizeBytes; at += chunkBytes) {
      throwIfCancelled(signal);
      yield await value.read(at, Math.min(chunkBytes, value.sizeBytes - at));
    }
    throwIfCancelled(signal);
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    this.#check(key, signal);
    for await (const entry of this.list(folderOf(key), signal)) if (entry.key === key) return entry;
    return undefined;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    throwIfCancelled(signal);
    const base = await this.#options.entries(prefix, signal);
    const entries = base.filter(({ key }) => !this.values.has(key));
    for (const [key, value] of this.values) {
      if (value === undefined || !key.startsWith(prefix)) continue;
      entries.push({ key, sizeBytes: value.sizeBytes, modifiedMs: value.modifiedMs });
    }
    for (const entry of entries.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      throwIfCancelled(signal);
      yield entry;
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    const names = new Set<string>();
    for await (const { key } of this.list(prefix, signal)) names.add(key.slice(prefix.length).split('/', 1)[0]!);
    yield* names;
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    this.#check(key, signal);
    if (this.#has(key)) await this.#put(key, undefined);
  }

  async commit(signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    await this.#options.commit(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const value of this.values.values()) await value?.close();
  }

  #check(key: string, signal: AbortSignal | undefined): void {
    throwIfCancelled(signal);
    checkGitKey(key);
  }

  #has(key: string): boolean {
    return this.values.has(key) ? this.values.get(key) !== undefined : this.#options.files.has(key);
  }

  #value(key: string): StagedValue {
    const value = this.values.get(key);
    if (value === undefined) throw noSuchValue(this.uri, key);
    return value;
  }

  async #put(key: string, value: StagedValue | undefined): Promise<void> {
    const old = this.values.get(key);
    if (!this.before.has(key)) this.before.set(key, this.#options.files.get(key));
    this.values.set(key, value);
    await old?.close();
  }

  async #take(key: string, body: StoreBody, signal: AbortSignal | undefined): Promise<StagedValue> {
    let spool: Spool | undefined;
    let small: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of sourceOf(body, signal)) {
        sizeBytes += chunk.length;
        if (spool === undefined && sizeBytes <= inMemoryBytes) {
          small.push(Buffer.from(chunk));
          continue;
        }
        if (spool === undefined) {
          spool = await openDiskSpool(tmpdir());
          for (const earlier of small) await spool.append(earlier);
          small = [];
        }
        await spool.append(chunk);
      }
      throwIfCancelled(signal);
    } catch (error) {
      await spool?.close();
      throw storeFailure(error, { uri: this.uri, verb: 'write', key, signal }, () => undefined);
    }
    return stagedValue(sizeBytes, this.#options.beganMs, spool, Buffer.concat(small));
  }
}

async function stagedValue(
  sizeBytes: number,
  modifiedMs: number,
  spool: Spool | undefined,
  bytes: Buffer,
): Promise<StagedValue> {
  const read = async (offset: number, length: number): Promise<Buffer> =>
    spool === undefined ? Buffer.from(bytes.subarray(offset, offset + length)) : spool.read(offset, length);
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < sizeBytes; at += chunkBytes) yield await read(at, Math.min(chunkBytes, sizeBytes - at));
  };
  const id = await blobId({ sizeBytes, chunks });
  return { id, sizeBytes, modifiedMs, read, chunks, close: async () => spool?.close() };
}
