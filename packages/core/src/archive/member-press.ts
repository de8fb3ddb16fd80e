import { throwIfCancelled } from '../errors/app-error.ts';
import { memberContentBytes } from './archive-layout.ts';
import { DeflateThread } from './deflate-thread.ts';
import { MemberPacker } from './gzip-member.ts';
import type { Spool } from './spool.ts';

/** Where bytes lie in a spool or a file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Members compressed at a time. The pool has four threads, of which one is left to files and names. */
const threads = 3;
/** Content that may wait or be compressed before {@link MemberPress.drain} holds its caller. */
const inFlightBytes = 4 << 20;
/** Buffers that lie ready for the next members. */
const pooledBytes = 4 << 20;
/** An archive of more than this is worth a thread of its own: that takes about as long to start as zlib for so much. */
const worthThreadBytes = 2 << 20;

/**
 * Compresses members and appends them to the spool, with bounded memory: on the thread pool, and once there is enough of
 * them on a thread of their own.
 */
export class MemberPress {
  readonly #spool: Spool;
  readonly #signal: AbortSignal | undefined;
  /** Those that are not at work. */
  readonly #packers: MemberPacker[] = [];
  readonly #pool: Buffer<ArrayBuffer>[] = [];
  #pooled = 0;
  #running = 0;
  readonly #queue: (() => void)[] = [];
  #thread: DeflateThread | undefined;
  #packedBytes = 0;
  #isClosed = false;
  #inFlight = 0;
  readonly #drained: (() => void)[] = [];
  /** The first thing that went wrong: nothing is pressed after it. */
  #failure: { readonly error: unknown } | undefined;

  constructor(spool: Spool, signal: AbortSignal | undefined) {
    this.#spool = spool;
    this.#signal = signal;
  }

  /** A buffer of at least that length, with anything in it. Given back by {@link press}. */
  buffer(length: number): Buffer<ArrayBuffer> {
    const found = this.#pool.findIndex((each) => each.length >= length);
    if (found < 0) return Buffer.allocUnsafeSlow(Math.max(length, memberContentBytes));
    const [buffer] = this.#pool.splice(found, 1);
    this.#pooled -= buffer!.length;
    return buffer!;
  }

  /** Appends bytes to the spool as they are; they must not change any more. */
  async spoolBytes(bytes: Buffer): Promise<Extent> {
    this.#inFlight += bytes.length;
    try {
      return { offset: await this.#spool.append(bytes), length: bytes.length };
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      this.#land(bytes.length);
    }
  }

  /** Makes a gzip member of the first `length` bytes of a buffer, which now belongs to the press; where it lies then. */
  press(buffer: Buffer<ArrayBuffer>, length: number): Promise<Extent> {
    return this.#pack(buffer, length, async (packed) => ({
      offset: await this.#spool.append(packed),
      length: packed.length,
    }));
  }

  /** A gzip member of some text. */
  pack(text: Uint8Array): Promise<Buffer> {
    const buffer = this.buffer(text.length);
    buffer.set(text);
    return this.#pack(buffer, text.length, (packed) => Buffer.from(packed));
  }

  /** Resolves when more may be pressed without memory growing. Throws what went wrong since, or CANCELLED. */
  async drain(): Promise<void> {
    while (this.#inFlight >= inFlightBytes) await new Promise<void>((resolve) => this.#drained.push(resolve));
    if (this.#failure !== undefined) throw this.#failure.error;
    throwIfCancelled(this.#signal);
  }

  /** Frees what the press holds; what is still under way fails, or frees itself. */
  close(): void {
    this.#isClosed = true;
    this.#thread?.close();
    for (const packer of this.#packers.splice(0)) packer.close();
  }

  /** Gives a member to `take`, which is done with its bytes when it is done. */
  async #pack<Taken>(
    buffer: Buffer<ArrayBuffer>,
    length: number,
    take: (packed: Buffer) => Taken | Promise<Taken>,
  ): Promise<Taken> {
    const heldBytes = buffer.length;
    this.#inFlight += heldBytes;
    while (this.#running === threads) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
    try {
      if (this.#failure !== undefined) throw this.#failure.error;
      return await ((await this.#goesAside(length))
        ? this.#packAside(buffer, length, take)
        : this.#packOnPool(buffer, length, take));
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      this.#running--;
      this.#queue.shift()?.();
      this.#land(heldBytes);
    }
  }

  /** While the thread starts it is waited for: zlib would keep the cores from it that it starts on. */
  #goesAside(length: number): boolean | Promise<boolean> {
    this.#packedBytes += length;
    if (this.#packedBytes > worthThreadBytes && !this.#isClosed) this.#thread ??= new DeflateThread();
    return this.#thread?.takes() ?? false;
  }

  async #packAside<Taken>(
    buffer: Buffer<ArrayBuffer>,
    length: number,
    take: (packed: Buffer) => Taken | Promise<Taken>,
  ): Promise<Taken> {
    const member = await this.#thread!.pack(buffer, length);
    this.#giveBack(member.content);
    try {
      return await take(member.bytes);
    } finally {
      member.giveBack();
    }
  }

  async #packOnPool<Taken>(
    buffer: Buffer<ArrayBuffer>,
    length: number,
    take: (packed: Buffer) => Taken | Promise<Taken>,
  ): Promise<Taken> {
    const packer = this.#packers.pop() ?? new MemberPacker();
    try {
      return await take(await packer.pack(buffer.subarray(0, length)));
    } finally {
      if (this.#isClosed) packer.close();
      else this.#packers.push(packer);
      this.#giveBack(buffer);
    }
  }

  #giveBack(buffer: Buffer<ArrayBuffer>): void {
    if (this.#pooled + buffer.length > pooledBytes) return;
    this.#pool.push(buffer);
    this.#pooled += buffer.length;
  }

  #land(length: number): void {
    this.#inFlight -= length;
    if (this.#inFlight < inFlightBytes) for (const resume of this.#drained.splice(0)) resume();
  }
}
