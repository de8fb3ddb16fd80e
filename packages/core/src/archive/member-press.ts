import { throwIfCancelled } from '../errors/app-error.ts';
import { memberContentBytes } from './archive-layout.ts';
import { MemberPacker, type MemberContent } from './gzip-member.ts';
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

/** Compresses members on the thread pool and appends them to the spool, with bounded memory. */
export class MemberPress {
  readonly #spool: Spool;
  readonly #level: number;
  readonly #signal: AbortSignal | undefined;
  /** Those that are not at work. */
  readonly #packers: Record<MemberContent, MemberPacker[]> = { text: [], noise: [] };
  readonly #pool: Buffer[] = [];
  #pooled = 0;
  #running = 0;
  readonly #queue: (() => void)[] = [];
  #inFlight = 0;
  readonly #drained: (() => void)[] = [];
  /** The first thing that went wrong: nothing is pressed after it. */
  #failure: { readonly error: unknown } | undefined;

  constructor(spool: Spool, level: number, signal: AbortSignal | undefined) {
    this.#spool = spool;
    this.#level = level;
    this.#signal = signal;
  }

  /** A buffer of at least that length, with anything in it. Given back by {@link press}. */
  buffer(length: number): Buffer {
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
  async press(buffer: Buffer, length: number, content: MemberContent): Promise<Extent> {
    this.#inFlight += buffer.length;
    try {
      return await this.#pack(buffer.subarray(0, length), content, async (packed) => ({
        offset: await this.#spool.append(packed),
        length: packed.length,
      }));
    } finally {
      if (this.#pooled + buffer.length <= pooledBytes) {
        this.#pool.push(buffer);
        this.#pooled += buffer.length;
      }
      this.#land(buffer.length);
    }
  }

  /** A gzip member of some text, which must not change meanwhile. */
  pack(text: Buffer): Promise<Buffer> {
    return this.#pack(text, 'text', (packed) => Buffer.from(packed));
  }

  /** Resolves when more may be pressed without memory growing. Throws what went wrong since, or CANCELLED. */
  async drain(): Promise<void> {
    while (this.#inFlight >= inFlightBytes) await new Promise<void>((resolve) => this.#drained.push(resolve));
    if (this.#failure !== undefined) throw this.#failure.error;
    throwIfCancelled(this.#signal);
  }

  /** Frees what the press holds; nothing may be under way. */
  close(): void {
    for (const packers of Object.values(this.#packers)) for (const packer of packers.splice(0)) packer.close();
  }

  /** Gives a member to `take`, which is done with its bytes when it is done. */
  async #pack<Taken>(
    bytes: Buffer,
    content: MemberContent,
    take: (packed: Buffer) => Taken | Promise<Taken>,
  ): Promise<Taken> {
    while (this.#running === threads) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running++;
    const packer = this.#packers[content].pop() ?? new MemberPacker(this.#level, content);
    try {
      if (this.#failure !== undefined) throw this.#failure.error;
      return await take(await packer.pack(bytes));
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      this.#running--;
      this.#packers[content].push(packer);
      this.#queue.shift()?.();
    }
  }

  #land(length: number): void {
    this.#inFlight -= length;
    if (this.#inFlight < inFlightBytes) for (const resume of this.#drained.splice(0)) resume();
  }
}
