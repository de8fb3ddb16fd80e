/**
 * What a body is read in: a server sends two kilobytes at a time, and to hand on each by itself would take longer than
 * to receive it.
 */
const blockBytes = 1 << 17;
/** What may still come of a connection once it was told to stop: all that it had read by then. */
const beyondBytes = 1 << 16;
const leastBytes = 1 << 12;

/** Those that no body is being read into. */
const idle: Buffer<ArrayBuffer>[] = [];

/** Bytes put one after another. It grows with what comes: most answers are short. */
export class Block {
  #bytes: Buffer<ArrayBuffer> = Buffer.alloc(0);
  #used = 0;

  get isFull(): boolean {
    return this.#used >= blockBytes;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  add(bytes: Buffer, start: number, end: number): void {
    const used = this.#used + end - start;
    if (used > this.#bytes.length) this.#grow(used);
    bytes.copy(this.#bytes, this.#used, start, end);
    this.#used = used;
  }

  /** What was put, which holds until the block is given back. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  /** Empties it; its memory goes to another. */
  giveBack(): void {
    if (this.#bytes.length === blockBytes + beyondBytes) idle.push(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.#used = 0;
  }

  #grow(length: number): void {
    const most = blockBytes + beyondBytes;
    const bytes =
      length > most || length < leastBytes
        ? Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, leastBytes, length))
        : (idle.pop() ?? Buffer.allocUnsafeSlow(most));
    this.#bytes.copy(bytes, 0, 0, this.#used);
    this.#bytes = bytes;
  }
}
