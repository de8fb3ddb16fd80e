import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { checkKey, checkPrefix, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Store, StoreBody, StoreCapabilities, StoreEntry } from '@infrabackup/core';
import { pauseBeforeRetry } from '../pause-before-retry.ts';
import { keyBelow, namesBelow } from '../keys-below.ts';
import { readResumed } from '../read-resumed.ts';
import type { BeginDownload } from '../read-resumed.ts';
import { sendInParts } from '../send-in-parts.ts';
import { noSuchValue, storeFailure, taken } from '../store-failure.ts';
import type { Attempt } from '../store-failure.ts';
import { s3ErrorName, s3Meaning } from './s3-error.ts';
import { giveUpUploads, s3PartSink } from './s3-upload.ts';
import type { S3Target } from './s3-upload.ts';

/** What an S3 location is made of. */
export interface S3StoreOptions {
  readonly uri: string;
  readonly client: S3Client;
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  /** Whether to rely on `If-None-Match`, as far as the server turns out to heed it. */
  readonly conditionalWrites: boolean;
  /** How everything that is written is kept. */
  readonly written: Partial<S3Target>;
}

/** Times that a write is repeated that another one came in the way of. */
const maxConflicts = 8;

/**
 * A bucket, or what lies under a prefix of it, as a Store.
 *
 * The first `create` of a value at hand costs one request more: it is repeated, which a server that heeds conditions
 * refuses. From one that does not, `conditionalCreate` is false from then on.
 */
export class S3Store implements Store {
  readonly uri: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #written: Partial<S3Target>;
  #heedsConditions: boolean;
  #isProven = false;

  constructor({ uri, client, bucket, prefix, conditionalWrites, written }: S3StoreOptions) {
    this.uri = uri;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#heedsConditions = conditionalWrites;
    this.#written = written;
  }

  get capabilities(): StoreCapabilities {
    return { conditionalCreate: this.#heedsConditions, rangedRead: true };
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    const mayAsk = this.#heedsConditions && body instanceof Uint8Array;
    if (!mayAsk && (await this.stat(key, signal)) !== undefined) throw taken(this.uri, key);
    for (let conflicts = 0; ; conflicts++) {
      const condition = this.#heedsConditions ? { IfNoneMatch: '*' } : {};
      try {
        await this.#write(key, body, condition, signal);
        break;
      } catch (error) {
        const name = s3ErrorName(error);
        if (name === 'PreconditionFailed') throw taken(this.uri, key);
        if (name === 'NotImplemented' && this.#heedsConditions) {
          this.#heedsConditions = false;
          if (body instanceof Uint8Array) return this.create(key, body, signal);
        }
        if (name !== 'ConditionalRequestConflict') throw this.#failure(error, 'write', key, signal);
        // Another write of this key was under way, and may yet fail.
        if ((await this.stat(key, signal)) !== undefined) throw taken(this.uri, key);
        if (!(body instanceof Uint8Array) || conflicts === maxConflicts)
          throw this.#failure(error, 'write', key, signal);
        await pauseBeforeRetry(conflicts, signal);
      }
    }
    if (body instanceof Uint8Array) await this.#proveConditions(key, body, signal);
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    await this.#write(key, body, {}, signal).catch((error: unknown) => {
      throw this.#failure(error, 'write', key, signal);
    });
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    const chunks = await Array.fromAsync(this.#chunks(key, range?.offset ?? 0, range?.length, signal));
    return Buffer.concat(chunks);
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    yield* this.#chunks(key, offset, undefined, signal);
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    checkKey(key);
    // A listing, since the answer to a HEAD cannot say what is wrong. The key itself comes first of all that begin so.
    const { Contents = [] } = await this.#page({ prefix: key, limit: 1 }, signal, 'look up');
    return this.#entries(Contents).find((entry) => entry.key === key);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    for await (const { Contents = [] } of this.#pages(prefix, undefined, signal)) {
      for (const entry of this.#entries(Contents)) {
        throwIfCancelled(signal);
        yield entry;
      }
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const { Contents = [], CommonPrefixes = [] } of this.#pages(prefix, '/', signal)) {
      const places = [...Contents.map(({ Key = '' }) => Key), ...CommonPrefixes.map(({ Prefix = '' }) => Prefix)];
      for (const name of namesBelow(places, this.#prefix + prefix)) {
        throwIfCancelled(signal);
        yield name;
      }
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    throwIfCancelled(signal);
    const target = this.#target(key);
    const abort = signal === undefined ? {} : { abortSignal: signal };
    try {
      await Promise.all([
        this.#client.send(new DeleteObjectCommand(target), abort),
        // Not every server, or right, goes as far as this; what stays is for the bucket's own rules.
        giveUpUploads(this.#client, target, signal).catch(() => undefined),
      ]);
    } catch (error) {
      if (s3ErrorName(error) !== 'NoSuchKey') throw this.#failure(error, 'remove', key, signal);
    }
    throwIfCancelled(signal);
  }

  async #write(
    key: string,
    body: StoreBody,
    condition: { IfNoneMatch?: string },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    throwIfCancelled(signal);
    const target = { ...this.#target(key), ...this.#written, ...condition };
    if (body instanceof Uint8Array) {
      const Body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      await this.#client.send(new PutObjectCommand({ ...target, Body }), signal && { abortSignal: signal });
    } else {
      await sendInParts(body, s3PartSink(this.#client, target), signal);
    }
  }

  /** Writes the same bytes to the same key once more: only a server that ignores the condition takes them. */
  async #proveConditions(key: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isProven || !this.#heedsConditions) return;
    this.#isProven = true;
    try {
      await this.#write(key, body, { IfNoneMatch: '*' }, signal);
      this.#heedsConditions = false;
    } catch (error) {
      // Any other failure says nothing about conditions, and the value is written.
      if (s3ErrorName(error) !== 'PreconditionFailed') this.#isProven = false;
    }
  }

  /** The value, or a part of it. */
  async *#chunks(
    key: string,
    offset: number,
    length: number | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    checkKey(key);
    throwIfCancelled(signal);
    if (length === 0) {
      if ((await this.stat(key, signal)) === undefined) throw noSuchValue(this.uri, key);
      return;
    }
    const end = length === undefined ? '' : offset + length - 1;
    const begin: BeginDownload = async (position, version) => {
      const query = new GetObjectCommand({
        ...this.#target(key),
        ...((position > 0 || length !== undefined) && { Range: `bytes=${position}-${end}` }),
        ...(version !== undefined && { IfMatch: version }),
      });
      try {
        const { Body, ETag } = await this.#client.send(query, signal && { abortSignal: signal });
        return { body: Body as Readable, version: ETag };
      } catch (error) {
        if (s3ErrorName(error) === 'InvalidRange') return undefined;
        throw error;
      }
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
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    checkPrefix(prefix);
    let token: string | undefined;
    do {
      const page = await this.#page({ prefix, delimiter, token }, signal);
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async #page(
    query: { prefix: string; delimiter?: string | undefined; token?: string | undefined; limit?: number },
    signal: AbortSignal | undefined,
    verb: 'list' | 'look up' = 'list',
  ): Promise<ListObjectsV2CommandOutput> {
    throwIfCancelled(signal);
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: this.#prefix + query.prefix,
      ...(query.delimiter !== undefined && { Delimiter: query.delimiter }),
      ...(query.token !== undefined && { ContinuationToken: query.token }),
      ...(query.limit !== undefined && { MaxKeys: query.limit }),
    });
    try {
      return await this.#client.send(command, signal && { abortSignal: signal });
    } catch (error) {
      throw this.#failure(error, verb, query.prefix, signal);
    }
  }

  #entries(contents: NonNullable<ListObjectsV2CommandOutput['Contents']>): readonly StoreEntry[] {
    return contents.flatMap(({ Key = '', Size = 0, LastModified }) => {
      const key = keyBelow(Key, this.#prefix);
      return key === undefined ? [] : { key, sizeBytes: Size, modifiedMs: LastModified?.getTime() ?? 0 };
    });
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #failure(error: unknown, verb: Attempt['verb'], key: string, signal: AbortSignal | undefined): unknown {
    return storeFailure(error, { uri: this.uri, verb, key, signal }, s3Meaning);
  }
}

/** Whether what failed is the connection: the server itself says what it has to say before the first byte. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && !('$metadata' in error);
}
