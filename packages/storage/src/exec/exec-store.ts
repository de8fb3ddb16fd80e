import { tmpdir } from 'node:os';
import { AppError, checkKey, checkPrefix, isKeySegment, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Spool, Store, StoreBody, StoreCapabilities, StoreEntry } from '@infrabackup/core';
import { openDiskSpool } from '../disk-spool.ts';
import { sourceOf } from '../source-failure.ts';
import { storeFailure, taken } from '../store-failure.ts';
import type { Attempt, Meaning } from '../store-failure.ts';
import { ExecFailure, runExec } from './run-exec.ts';

/** What a location behind a command is made of. */
export interface ExecStoreOptions {
  readonly uri: string;
  /** An absolute path; no shell is between. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly creates: boolean;
  readonly ranges: boolean;
}

/** What the command says by its exit code; docs/locations.md has the table. */
const exitMeanings: Readonly<Record<number, Meaning>> = {
  3: { code: 'STORE_NOT_FOUND' },
  4: { code: 'STORE_EXISTS' },
  5: { code: 'STORE_CREDENTIALS', hint: 'the command says so; see to its credentials' },
  6: { code: 'STORE_DENIED', hint: 'the command says so; see to its rights' },
  7: { code: 'STORE_FULL', hint: 'free space there, or name another location with --to' },
  8: { code: 'STORE_MISSING', hint: 'the command says so; make the place first' },
};

/** Processes at a time. */
const maxProcesses = 8;

/** A command of the user's own as a Store, by the protocol of docs/locations.md. */
export class ExecStore implements Store {
  readonly uri: string;
  readonly capabilities: StoreCapabilities;
  readonly #options: ExecStoreOptions;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: ExecStoreOptions) {
    this.uri = options.uri;
    this.capabilities = { conditionalCreate: options.creates, rangedRead: options.ranges };
    this.#options = options;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    const { creates } = this.#options;
    const mayAsk = creates && body instanceof Uint8Array;
    if (!mayAsk && (await this.stat(key, signal)) !== undefined) throw taken(this.uri, key);
    await this.#write(creates ? 'create' : 'put', key, body, signal);
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    await this.#write('put', key, body, signal);
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    checkKey(key);
    const part = range !== undefined && this.#options.ranges ? [String(range.offset), String(range.length)] : [];
    const found = await this.#call(['get', key, ...part], 'read', key, signal);
    return range === undefined || part.length > 0 ? found : found.subarray(range.offset, range.offset + range.length);
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    checkKey(key);
    let skip = offset;
    for await (const chunk of this.#output(['get', key], 'read', key, signal)) {
      const wanted = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    checkKey(key);
    return (await this.#entries(key, 'look up', signal)).find((entry) => entry.key === key);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    for (const entry of await this.#entries(prefix, 'list', signal)) {
      throwIfCancelled(signal);
      yield entry;
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(prefix);
    const entries = await this.#entries(prefix, 'list', signal);
    yield* new Set(entries.map(({ key }) => key.slice(prefix.length).split('/', 1)[0]!));
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    await this.#call(['delete', key], 'remove', key, signal);
  }

  /**
   * With the value's length, so that the command can tell the end of a value from the end of this process. What is a
   * stream lies on disk before it is handed over.
   */
  async #write(verb: 'create' | 'put', key: string, body: StoreBody, signal: AbortSignal | undefined): Promise<void> {
    throwIfCancelled(signal);
    if (body instanceof Uint8Array) {
      await this.#call([verb, key, String(body.length)], 'write', key, signal, asStream(body));
      return;
    }
    const spool = await openDiskSpool(tmpdir());
    try {
      let sizeBytes = 0;
      for await (const chunk of sourceOf(body, signal)) {
        await spool.append(chunk);
        sizeBytes += chunk.length;
      }
      await this.#call([verb, key, String(sizeBytes)], 'write', key, signal, contentOf(spool, sizeBytes));
    } catch (error) {
      throw this.#failure(error, 'write', key, signal);
    } finally {
      await spool.close();
    }
  }

  /** In the order of their bytes, whatever order the command has. */
  async #entries(
    prefix: string,
    verb: Attempt['verb'],
    signal: AbortSignal | undefined,
  ): Promise<readonly StoreEntry[]> {
    const text = (await this.#call(['list', prefix], verb, prefix, signal)).toString();
    const lines = text.split('\n').filter((line) => line !== '');
    const entries = lines.flatMap((line) => {
      const [, size, seconds, key] = /^(\d+) (\d+(?:\.\d+)?) (.+)$/.exec(line) ?? [];
      if (key === undefined) {
        throw new AppError('STORE_UNAVAILABLE', `${this.uri} lists what is no size, time and key`, {
          hint: 'docs/locations.md says what the command must print',
        });
      }
      const isWanted = key.startsWith(prefix) && key.split('/').every(isKeySegment);
      return isWanted ? { key, sizeBytes: Number(size), modifiedMs: Math.floor(Number(seconds) * 1_000) } : [];
    });
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async #call(
    words: readonly string[],
    verb: Attempt['verb'],
    key: string,
    signal: AbortSignal | undefined,
    input?: AsyncIterable<Uint8Array>,
  ): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.#output(words, verb, key, signal, input)));
  }

  async *#output(
    words: readonly string[],
    verb: Attempt['verb'],
    key: string,
    signal: AbortSignal | undefined,
    input?: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Buffer> {
    const { command, args, env } = this.#options;
    throwIfCancelled(signal);
    await this.#enter();
    try {
      yield* runExec({ command, args: [...args, ...words], env, signal, ...(input !== undefined && { input }) });
    } catch (error) {
      throw this.#failure(error, verb, key, signal);
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running >= maxProcesses) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running += 1;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #failure(error: unknown, verb: Attempt['verb'], key: string, signal: AbortSignal | undefined): unknown {
    if (error instanceof ExecFailure && error.exitCode === 4) return taken(this.uri, key);
    return storeFailure(error, { uri: this.uri, verb, key, signal }, (failed) =>
      failed instanceof ExecFailure && failed.exitCode !== null ? exitMeanings[failed.exitCode] : startMeaning(failed),
    );
  }
}

function startMeaning(error: Error): Meaning | undefined {
  const { code } = error as { code?: unknown };
  const why = { ENOENT: 'there is no such command', EACCES: 'it may not be executed' }[String(code)];
  return why === undefined ? undefined : { code: 'USAGE', why, hint: 'name a command by its absolute path' };
}

const chunkBytes = 256 * 1024;

async function* contentOf(spool: Spool, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < sizeBytes; offset += chunkBytes) {
    yield await spool.read(offset, Math.min(chunkBytes, sizeBytes - offset));
  }
}

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}
