/**
 * Scratch space for what must not be kept in memory: bytes are appended, then read back by offset.
 *
 * Private to its owner (mode 0600), gone when closed or when the process ends. Writes may be in flight while others
 * are appended; `read` sees every append whose promise has resolved.
 */
export interface Spool {
  /** Copies nothing: `bytes` must not change until the promise resolves. Resolves to the offset at which they lie. */
  append(bytes: Uint8Array): Promise<number>;
  read(offset: number, length: number): Promise<Buffer>;
  /** As much as fits, into memory of the caller's. */
  readInto(offset: number, into: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** Makes an empty {@link Spool}. Throws STORE_FULL or STORE_UNAVAILABLE when the disk gives none. */
export type OpenSpool = () => Promise<Spool>;
