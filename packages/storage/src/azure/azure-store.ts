import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type {
  BlobItem,
  BlockBlobClient,
  BlockBlobCommitBlockListOptions,
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
  ContainerListBlobHierarchySegmentResponse,
} from '@azure/storage-blob';
import { AppError, checkKey, checkPrefix, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Store, StoreBody, StoreEntry } from '@infrabackup/core';
import { keyBelow, namesBelow } from '../keys-below.ts';
import { readResumed } from '../read-resumed.ts';
import type { BeginDownload } from '../read-resumed.ts';
import { retryBroken } from '../retry-broken.ts';
import { sendInParts } from '../send-in-parts.ts';
import type { PartSink } from '../send-in-parts.ts';
import { heardChunks, SilentServerError, whileHeard } from '../silence.ts';
import type { HeardRequest } from '../silence.ts';
import { noSuchValue, storeFailure, taken } from '../store-failure.ts';
import type { Attempt } from '../store-failure.ts';
import { azureErrorCode, azureMeaning } from './azure-error.ts';

/** What an Azure location is made of. */
export interface AzureStoreOptions {
  readonly uri: string;
  readonly container: ContainerClient;
  /** How long the server may be silent. */
  readonly timeoutMs: number;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  /** How everything that is written is kept. */
  readonly written: Pick<BlockBlobCommitBlockListOptions, 'tier'>;
}

/** The pages of a listing, from a place in it on. */
type OpenPages<Page> = (place: { continuationToken?: string }, options: HeardRequest) => AsyncIterator<Page>;

/** What a create that finds its key taken is told: the value is there, or became so while the parts were sent. */
const takenCodes = new Set(['BlobAlreadyExists', 'ConditionNotMet', 'InvalidBlockList']);

/** A container, or what lies under a prefix of it, as a Store. Parts that nobody made a value of vanish after a week. */
export class AzureStore implements Store {
  readonly uri: string;
  readonly capabilities = { conditionalCreate: true, rangedRead: true };
  readonly #container: ContainerClient;
  readonly #timeoutMs: number;
  readonly #prefix: string;
  readonly #written: AzureStoreOptions['written'];

  constructor({ uri, container, timeoutMs, prefix, written }: AzureStoreOptions) {
    this.uri = uri;
    this.#container = container;
    this.#timeoutMs = timeoutMs;
    this.#prefix = prefix;
    this.#written = written;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    if (!(body instanceof Uint8Array) && (await this.stat(key, signal)) !== undefined) throw taken(this.uri, key);
    try {
      await this.#write(key, body, { conditions: { ifNoneMatch: '*' } }, signal);
    } catch (error) {
      if (takenCodes.has(azureErrorCode(error)) && (await this.stat(key, signal)) !== undefined)
        throw taken(this.uri, key);
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
    const blob = this.#blob(key, signal);
    try {
      const { contentLength = 0, lastModified } = await this.#ask(signal, (heard) => blob.getProperties(heard));
      return { key, sizeBytes: contentLength, modifiedMs: lastModified?.getTime() ?? 0 };
    } catch (error) {
      const failure = this.#failure(error, 'look up', key, signal);
      if (failure instanceof AppError && failure.code === 'STORE_NOT_FOUND') return undefined;
      throw failure;
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    const open: OpenPages<ContainerListBlobFlatSegmentResponse> = (place, { abortSignal }) =>
      this.#container.listBlobsFlat({ prefix: this.#prefix + prefix, abortSignal }).byPage(place);
    for await (const { segment } of this.#pages(open, prefix, signal)) {
      for (const item of segment.blobItems) {
        throwIfCancelled(signal);
        const entry = this.#entry(item);
        if (entry !== undefined) yield entry;
      }
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(prefix);
    const open: OpenPages<ContainerListBlobHierarchySegmentResponse> = (place, { abortSignal }) =>
      this.#container.listBlobsByHierarchy('/', { prefix: this.#prefix + prefix, abortSignal }).byPage(place);
    for await (const { segment } of this.#pages(open, prefix, signal)) {
      const { blobItems, blobPrefixes = [] } = segment;
      const places = [...blobItems, ...blobPrefixes].map((item) => item.name);
      for (const name of namesBelow(places, this.#prefix + prefix)) {
        throwIfCancelled(signal);
        yield name;
      }
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    try {
      const blob = this.#blob(key, signal);
      await this.#ask(signal, ({ abortSignal }) => blob.deleteIfExists({ deleteSnapshots: 'include', abortSignal }));
    } catch (error) {
      throw this.#failure(error, 'remove', key, signal);
    }
  }

  async #write(
    key: string,
    body: StoreBody,
    condition: Pick<BlockBlobCommitBlockListOptions, 'conditions'>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const blob = this.#blob(key, signal);
    const options = { ...this.#written, ...condition };
    const upload = async (bytes: Uint8Array, abort: AbortSignal | undefined): Promise<void> => {
      await this.#ask(abort, (heard) => blob.upload(bytes, bytes.length, { ...options, ...heard }));
    };
    if (body instanceof Uint8Array) {
      await upload(body, signal);
      return;
    }
    const uploadId = randomUUID();
    // All of one length, as Azure asks for.
    const blockId = (part: number): string =>
      Buffer.from(`${uploadId}-${String(part).padStart(6, '0')}`).toString('base64');
    const sink: PartSink = {
      whole: upload,
      part: async (partNumber, bytes, abort) => {
        await this.#ask(abort, (heard) => blob.stageBlock(blockId(partNumber), bytes, bytes.length, heard));
      },
      finish: async (count) => {
        const blocks = Array.from({ length: count }, (_, i) => blockId(i + 1));
        await this.#ask(undefined, ({ abortSignal }) => blob.commitBlockList(blocks, { ...options, abortSignal }));
      },
      giveUp: () => Promise.resolve(),
    };
    await sendInParts(body, sink, signal);
  }

  async *#chunks(
    key: string,
    offset: number,
    length: number | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    const blob = this.#blob(key, signal);
    if (length === 0) {
      if ((await this.stat(key, signal)) === undefined) throw noSuchValue(this.uri, key);
      return;
    }
    const begin: BeginDownload = async (position, version) => {
      const rest = length === undefined ? undefined : length - (position - offset);
      // The client itself does not take a download up again whose connection was cut.
      const options = { maxRetryRequests: 0, ...(version !== undefined && { conditions: { ifMatch: version } }) };
      try {
        const { readableStreamBody, etag } = await this.#ask(signal, ({ abortSignal }) =>
          blob.download(position, rest, { ...options, abortSignal }),
        );
        return { body: heardChunks(this.#timeoutMs, readableStreamBody as Readable), version: etag };
      } catch (error) {
        if (azureErrorCode(error) === 'InvalidRange') return undefined;
        throw error;
      }
    };
    try {
      yield* readResumed(begin, { offset, length }, isBrokenConnection, signal);
    } catch (error) {
      throw this.#failure(error, 'read', key, signal);
    }
  }

  /** Each page by itself, so that one whose connection breaks off is asked for again, and none before it. */
  async *#pages<Page extends { readonly continuationToken?: string }>(
    open: OpenPages<Page>,
    prefix: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Page> {
    let continuationToken: string | undefined;
    do {
      throwIfCancelled(signal);
      const place = continuationToken === undefined ? {} : { continuationToken };
      const first = async (heard: HeardRequest): Promise<Page> => (await open(place, heard).next()).value as Page;
      const page = await this.#ask(signal, first, isBrokenConnection).catch((error: unknown) => {
        throw this.#failure(error, 'list', prefix, signal);
      });
      yield page;
      ({ continuationToken } = page);
    } while (continuationToken !== undefined && continuationToken !== '');
  }

  #entry({ name, properties: { contentLength = 0, lastModified } }: BlobItem): StoreEntry | undefined {
    const key = keyBelow(name, this.#prefix);
    return key === undefined ? undefined : { key, sizeBytes: contentLength, modifiedMs: lastModified.getTime() };
  }

  /** Azure's client tries again by itself, but not where there is no answer at all: it would wait for it for ever. */
  #ask<T>(
    signal: AbortSignal | undefined,
    request: (heard: HeardRequest) => Promise<T>,
    isBroken = (error: unknown): boolean => error instanceof SilentServerError,
  ): Promise<T> {
    return retryBroken(() => whileHeard(this.#timeoutMs, signal, request), isBroken, signal);
  }

  #blob(key: string, signal: AbortSignal | undefined): BlockBlobClient {
    checkKey(key);
    throwIfCancelled(signal);
    return this.#container.getBlockBlobClient(this.#prefix + key);
  }

  #failure(error: unknown, verb: Attempt['verb'], key: string, signal: AbortSignal | undefined): unknown {
    return storeFailure(error, { uri: this.uri, verb, key, signal }, azureMeaning);
  }
}

/** The server's own errors come with a status, before the first byte. */
function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && (error as { statusCode?: number }).statusCode === undefined;
}
