import { createHash } from 'node:crypto';

/** Reads a stream of bytes forward by offset, and takes the digest of all of it on the way. */
export class ForwardReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #sum = createHash('sha256');
  #chunk: Uint8Array = Buffer.alloc(0);
  /** Where the chunk at hand begins in the stream. */
  #chunkOffset = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The bytes from `offset` on, which must not lie before the end of the last that were taken; fewer at the end. */
  async take(offset: number, length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let at = offset;
    for (;;) {
      const part = this.#chunk.subarray(at - this.#chunkOffset, offset + length - this.#chunkOffset);
      if (part.length > 0) parts.push(part);
      at += part.length;
      if (at >= offset + length || !(await this.#next())) return Buffer.concat(parts);
    }
  }

  /** Reads what is left; the length and sha256 (in hex) of the whole stream. */
  async end(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    while (await this.#next());
    return { sizeBytes: this.#chunkOffset + this.#chunk.length, sha256: this.#sum.digest('hex') };
  }

  async #next(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = next.value;
    this.#sum.update(this.#chunk);
    return true;
  }
}
