import type { Clock } from '../clock.ts';
import { AppError, throwIfCancelled } from '../errors/app-error.ts';
import type { ByteRange, Store, StoreBody, StoreCapabilities, StoreEntry } from './store.ts';
import { chunksOf } from './store-body.ts';
import { checkKey, checkPrefix } from './store-key.ts';

/** What a memory store can be told. */
export interface MemoryStoreOptions {
  /** Both are there unless switched off; without `conditionalCreate` racing creates may all win, as on weak stores. */
  readonly capabilities?: Partial<StoreCapabilities> | undefined;
  /** The store's own clock; by default one that moves a millisecond with each write. */
  readonly clock?: Clock | undefined;
}

/** A Store that lives as long as the process: for tests and examples. */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

const chunkBytes = 64 * 1024;

class MemoryStore implements Store {
  readonly uri = 'memory:';
  readonly capabilities: StoreCapabilities;
  readonly #values = new Map<string, { bytes: Buffer; modifiedMs: number }>();
  readonly #clock: Clock;

  constructor({ capabilities, clock }: MemoryStoreOptions) {
    this.capabilities = { conditionalCreate: true, rangedRead: true, ...capabilities };
    let ticks = 0;
    this.#clock = clock ?? { now: () => ++ticks };
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    if (this.#values.has(key)) throw this.#taken(key);
    const bytes = await collect(body, signal);
    if (this.capabilities.conditionalCreate && this.#values.has(key)) throw this.#taken(key);
    this.#values.set(key, { bytes, modifiedMs: this.#clock.now() });
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    this.#values.set(key, { bytes: await collect(body, signal), modifiedMs: this.#clock.now() });
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    throwIfCancelled(signal);
    const bytes = this.#bytes(key);
    await Promise.resolve();
    return Buffer.from(range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length));
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    throwIfCancelled(signal);
    const bytes = this.#bytes(key);
    for (let position = offset; position < bytes.length; position += chunkBytes) {
      await Promise.resolve();
      throwIfCancelled(signal);
      yield Buffer.from(bytes.subarray(position, position + chunkBytes));
    }
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    throwIfCancelled(signal);
    checkKey(key);
    await Promise.resolve();
    return this.#entry(key);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    for (const key of this.#keys(prefix)) {
      await Promise.resolve();
      throwIfCancelled(signal);
      const entry = this.#entry(key);
      if (entry !== undefined) yield entry;
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(prefix);
    for (const name of new Set(this.#keys(prefix).map((key) => key.slice(prefix.length).split('/', 1)[0]!))) {
      await Promise.resolve();
      throwIfCancelled(signal);
      yield name;
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    checkKey(key);
    await Promise.resolve();
    this.#values.delete(key);
  }

  #keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #entry(key: string): StoreEntry | undefined {
    const value = this.#values.get(key);
    return value && { key, sizeBytes: value.bytes.length, modifiedMs: value.modifiedMs };
  }

  #bytes(key: string): Buffer {
    checkKey(key);
    const value = this.#values.get(key);
    if (value === undefined) throw new AppError('STORE_NOT_FOUND', `${this.uri} has no ${key}`);
    return value.bytes;
  }

  #taken(key: string): AppError {
    return new AppError('STORE_EXISTS', `${this.uri} has a ${key} already; it was left as it is`);
  }
}

async function collect(body: StoreBody, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(body, signal)) chunks.push(Buffer.from(chunk));
  throwIfCancelled(signal);
  return Buffer.concat(chunks);
}
