import { buffer } from 'node:stream/consumers';
import { checkKey, checkPrefix, isAppError, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Store, StoreBody, StoreEntry } from '@infrabackup/core';
import { keyBelow, namesBelow } from '../keys-below.ts';
import { readResumed } from '../read-resumed.ts';
import type { BeginDownload } from '../read-resumed.ts';
import { sourceOf } from '../source-failure.ts';
import { noSuchValue, storeFailure, taken } from '../store-failure.ts';
import type { Attempt } from '../store-failure.ts';
import { GcsError, isBrokenConnection } from './gcs-client.ts';
import type { GcsClient } from './gcs-client.ts';
import { gcsMeaning, noBucket } from './gcs-error.ts';
import { uploadStream, uploadValue } from './gcs-upload.ts';

/** What a location in Google Cloud Storage is made of. */
export interface GcsStoreOptions {
  readonly uri: string;
  readonly client: GcsClient;
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  readonly kmsKey: string | undefined;
}

/** An object as a listing shows it. */
interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly updated: string;
}

interface GcsPage {
  readonly items?: readonly GcsObject[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/** A bucket, or what lies under a prefix of it, as a Store. Uploads that nobody finished vanish after a week. */
export class GcsStore implements Store {
  readonly uri: string;
  readonly capabilities = { conditionalCreate: true, rangedRead: true };
  readonly #client: GcsClient;
  readonly #objects: string;
  readonly #uploads: string;
  readonly #prefix: string;
  readonly #kmsKey: string | undefined;

  constructor({ uri, client, bucket, prefix, kmsKey }: GcsStoreOptions) {
    this.uri = uri;
    this.#client = client;
    this.#objects = `/storage/v1/b/${bucket}/o`;
    this.#uploads = `/upload/storage/v1/b/${bucket}/o`;
    this.#prefix = prefix;
    this.#kmsKey = kmsKey;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    if (!(body instanceof Uint8Array) && (await this.stat(key, signal)) !== undefined) throw taken(this.uri, key);
    try {
      // No generation: there must be no object.
      await this.#write(key, body, { ifGenerationMatch: '0' }, signal);
    } catch (error) {
      if (error instanceof GcsError && error.status === 412) throw taken(this.uri, key);
      throw this.#failure(error, 'write', key, signal);
    }
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    await this.#write(key, body, {}, signal).catch((error: unknown) => {
      throw this.#failure(error, 'write', key, signal);
    });
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.#chunks(key, range?.offset ?? 0, range?.length, signal)));
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    yield* this.#chunks(key, offset, undefined, signal);
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    try {
      return this.#entry(await this.#client.json<GcsObject>({ method: 'GET', path: this.#path(key, signal), signal }));
    } catch (error) {
      const failure = this.#failure(error, 'look up', key, signal);
      if (isAppError(failure, 'STORE_NOT_FOUND')) return undefined;
      throw failure;
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    for await (const { items = [] } of this.#pages(prefix, undefined, signal)) {
      for (const item of items) {
        throwIfCancelled(signal);
        const entry = this.#entry(item);
        if (entry !== undefined) yield entry;
      }
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { items = [], prefixes = [] } of this.#pages(prefix, '/', signal)) {
      for (const name of namesBelow([...items.map((item) => item.name), ...prefixes], this.#prefix + prefix)) {
        throwIfCancelled(signal);
        yield name;
      }
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.done({ method: 'DELETE', path: this.#path(key, signal), signal });
    } catch (error) {
      const failure = this.#failure(error, 'remove', key, signal);
      if (!isAppError(failure, 'STORE_NOT_FOUND')) throw failure;
    }
  }

  async #write(
    key: string,
    body: StoreBody,
    condition: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    checkKey(key);
    throwIfCancelled(signal);
    const query = { name: this.#prefix + key, kmsKeyName: this.#kmsKey, ...condition };
    const target = { path: this.#uploads, query };
    if (body instanceof Uint8Array) await uploadValue(this.#client, target, Buffer.from(body), signal);
    else await uploadStream(this.#client, target, sourceOf(body, signal), signal);
  }

  /** The value, or a part of it. */
  async *#chunks(
    key: string,
    offset: number,
    length: number | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    const path = this.#path(key, signal);
    if (length === 0) {
      if ((await this.stat(key, signal)) === undefined) throw noSuchValue(this.uri, key);
      return;
    }
    const end = length === undefined ? '' : offset + length - 1;
    const begin: BeginDownload = async (position, generation) => {
      const isPart = position > 0 || length !== undefined;
      const response = await this.#client.send({
        method: 'GET',
        path,
        query: { alt: 'media', generation },
        headers: isPart ? { range: `bytes=${position}-${end}` } : {},
        accepts: [416],
        signal,
      });
      const found = response.headers['x-goog-generation'];
      if (response.statusCode !== 416)
        return { body: response, version: typeof found === 'string' ? found : undefined };
      await buffer(response);
      return undefined;
    };
    try {
      yield* readResumed(begin, { offset, length }, isBrokenConnection, signal);
    } catch (error) {
      throw this.#failure(error, 'read', key, signal);
    }
  }

  async *#pages(
    prefix: string,
    delimiter: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GcsPage> {
    checkPrefix(prefix);
    let pageToken: string | undefined;
    do {
      throwIfCancelled(signal);
      const query = {
        prefix: this.#prefix + prefix,
        delimiter,
        pageToken,
        fields: 'nextPageToken,prefixes,items(name,size,updated)',
      };
      try {
        const page = await this.#client.json<GcsPage>({ method: 'GET', path: this.#objects, query, signal });
        yield page;
        pageToken = page.nextPageToken;
      } catch (error) {
        const isMissing = error instanceof GcsError && error.status === 404;
        throw storeFailure(error, { uri: this.uri, verb: 'list', key: prefix, signal }, (failed) =>
          isMissing ? noBucket : gcsMeaning(failed),
        );
      }
    } while (pageToken !== undefined && pageToken !== '');
  }

  #entry({ name, size, updated }: GcsObject): StoreEntry | undefined {
    const key = keyBelow(name, this.#prefix);
    return key === undefined ? undefined : { key, sizeBytes: Number(size), modifiedMs: Date.parse(updated) };
  }

  #path(key: string, signal: AbortSignal | undefined): string {
    checkKey(key);
    throwIfCancelled(signal);
    return `${this.#objects}/${encodeURIComponent(this.#prefix + key)}`;
  }

  #failure(error: unknown, verb: Attempt['verb'], key: string, signal: AbortSignal | undefined): unknown {
    // Nothing to write to: it can only be the bucket that is not there.
    const isMissing = verb === 'write' && error instanceof GcsError && error.status === 404;
    const attempt = { uri: this.uri, verb, key, signal };
    return storeFailure(error, attempt, (failed) => (isMissing ? noBucket : gcsMeaning(failed)));
  }
}
