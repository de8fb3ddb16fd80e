/** What a store can do beyond the least. The engine reads whole where ranges are missing, and warns where creates race. */
export interface StoreCapabilities {
  /**
   * `create` is atomic against other writers; where false, two writers of one name may both believe they won. A store
   * that cannot know beforehand says true until its first `create` has shown otherwise: ask after that.
   */
  readonly conditionalCreate: boolean;
  /** `read` with a range transfers that range only. */
  readonly rangedRead: boolean;
  /**
   * What was written stays readable for good, in a history, also after it is removed or replaced: nothing secret may go
   * there by mistake. Absent: no.
   */
  readonly keepsRemoved?: true;
}

/** One entry of a listing. */
export interface StoreEntry {
  /** The whole key, `/`-separated, without a leading slash. */
  readonly key: string;
  readonly sizeBytes: number;
  /** When it was written by the store's clock, in ms since 1970; only ever compared with other times of the same store. */
  readonly modifiedMs: number;
}

/** A part of a value: `length` bytes from `offset`. A part that reaches past the end is cut there. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * What a write gives: bytes at hand, or a stream that can be read once (and not at all when the key is taken), of which
 * each chunk holds until the next one is asked for.
 */
export type StoreBody = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * A place that keeps values under keys: a folder, a bucket, a repository. This comment is the contract.
 *
 * - Keys are `/`-separated, 1 to 1,024 bytes, of segments of 1 to 255 `[A-Za-z0-9._:+@=-]` that do not begin with a dot
 *   (`..`, `.git`, `.nfs…`, a driver's own files); anything else is refused with USAGE before the store is touched, and
 *   what else lies in the place is not listed. No key goes on, after a slash, from another key.
 * - A value appears whole or not at all, also after a crash or an aborted stream, and is durable when the call returns.
 * - After a write returns, every read and listing shows it.
 * - Where the answer to a create was lost and the driver repeats it, STORE_EXISTS may name the caller's own value: what
 *   must know for certain carries a random id and reads it back.
 * - Errors by code: STORE_EXISTS (create only), STORE_NOT_FOUND (read, stream), STORE_MISSING, STORE_CREDENTIALS,
 *   STORE_DENIED, STORE_CLOCK, STORE_TLS, STORE_FULL, STORE_UNAVAILABLE (after the driver's own retries), CANCELLED. An error thrown by a body's stream comes through
 *   unchanged, and nothing is left behind.
 */
export interface Store {
  /** The location as it is shown, compared and opened again, with its options; never holds a credential. */
  readonly uri: string;
  readonly capabilities: StoreCapabilities;
  /** Writes a key that must not exist; throws STORE_EXISTS when it does. Exactly one of several racing writers wins. */
  create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void>;
  /** Writes a key, in place of what was there. */
  replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void>;
  /** The value, or a part of it. */
  read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer>;
  /** The value as a stream of bounded chunks, from `offset` on (0 when left out). */
  stream(key: string, offset?: number, signal?: AbortSignal): AsyncIterable<Buffer>;
  /** The value's size and time; undefined when there is no such key. */
  stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined>;
  /** Every key that starts with `prefix` (which ends in `/` or is empty), in byte order of the keys. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoreEntry>;
  /**
   * The first segments under `prefix` of the keys there, e.g. the names under `backups/`, each once, in the order in
   * which {@link list} first shows them (`a-b/` before `a/`); one request where the store can.
   */
  listNames(prefix: string, signal?: AbortSignal): AsyncIterable<string>;
  /**
   * Removes a key, and what a write of it that was cut off has left in the store; removing what is not there is no
   * error. The store may still be told of a key that it does not list.
   */
  remove(key: string, signal?: AbortSignal): Promise<void>;
  /**
   * Begins writes that appear all at once, where the store can do that; absent: every write stands by itself. `title`
   * says in a line what they are.
   */
  begin?(title: string, signal?: AbortSignal): Promise<StoreBatch>;
}

/**
 * Writes to a store that nobody else sees until they all appear: a store of its own that shows what its store held when
 * they began, and what was written since. Left without `commit` they are as if they had never been.
 */
export interface StoreBatch extends Store, AsyncDisposable {
  /**
   * Makes the writes appear, durably. Throws STORE_EXISTS when somebody has taken a key meanwhile that was created here,
   * or changed one that was replaced or removed; then, as with any other error, none of them appears.
   */
  commit(signal?: AbortSignal): Promise<void>;
}
