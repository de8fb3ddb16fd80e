import { promisify } from 'node:util';
import { constants, crc32, createGzip, gunzip, inflateRaw } from 'node:zlib';
import type { Gzip, ZlibOptions, ZlibReset } from 'node:zlib';
import { damaged } from './damaged.ts';

/**
 * How each gzip member of a backup begins: deflate, no flags, no time, no operating system. It is put in place of the
 * header that zlib writes, which names the operating system.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc1952
 */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const trailerBytes = 8;

/** What stands around what is deflated: the trailer is the CRC-32 and the length of the content, each of four bytes. */
export const memberFrame = { header, trailerBytes } as const;

/** Most members are no longer. */
const memberBytes = 1 << 17;
/** Output is taken from zlib in pieces of this size, each a trip to a thread; several members fill one. */
const outputBytes = 1 << 20;
const leastOutputBytes = 1 << 12;

/**
 * Packs one member after another, deflated on a thread of its own, with one gzip stream and one buffer for all of them:
 * a new stream for each costs half a megabyte of memory that must be cleared first and collected afterwards.
 *
 * It is set back after each. Still zlib may look at a stale byte or two past the end of what it packs, so one content may
 * be packed in slightly different ways: what a member holds is always the same, its compressed bytes need not be.
 */
export class MemberPacker {
  readonly #stream: Gzip & ZlibReset;
  #out = Buffer.allocUnsafeSlow(memberBytes);
  #failed: ((error: Error) => void) | undefined;

  /** zlib's level: 1 costs a quarter of 6 and 15% of its ratio. */
  constructor(level = 1) {
    // All output of a member waits in the stream until it is read, whatever its length.
    const highWaterMark = Number.MAX_SAFE_INTEGER;
    // Each write is a whole member: told so at once, zlib needs one trip to a thread for it and not one more to end it.
    const flush = constants.Z_FINISH;
    // The largest memLevel is 5% faster: it ends fewer deflate blocks.
    const options = { level, memLevel: 9, chunkSize: outputBytes, flush, highWaterMark };
    this.#stream = createGzip(options) as Gzip & ZlibReset;
    this.#stream.on('error', (error) => this.#failed?.(error));
  }

  /** The member, in a buffer that the next call writes over. `content` must not change meanwhile; one call at a time. */
  async pack(content: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.#failed = reject;
      this.#stream.write(content, () => resolve());
    });
    let length = 0;
    for (let part = this.#read(); part !== null; part = this.#read()) length = this.#put(part, length);
    this.#stream.reset();
    header.copy(this.#out);
    return this.#out.subarray(0, length);
  }

  close(): void {
    this.#stream.close();
  }

  #read(): Buffer | null {
    return this.#stream.read() as Buffer | null;
  }

  #put(part: Buffer, at: number): number {
    const length = at + part.length;
    if (length > this.#out.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(2 * this.#out.length, length));
      this.#out.copy(longer, 0, 0, at);
      this.#out = longer;
    }
    part.copy(this.#out, at);
    return length;
  }
}

/** The last 8 bytes of a gzip member: CRC-32 and length of its content. */
export function gzipTrailer(content: Buffer): Buffer {
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length % 2 ** 32, 4);
  return trailer;
}

/**
 * The content of what must be exactly one member as {@link MemberPacker} makes it, inflated on a thread of its own.
 *
 * Not more than `limitBytes` are ever inflated. Throws BACKUP_DAMAGED, in which `where` says what was being read.
 */
export async function unpackMember(bytes: Buffer, limitBytes: number, where: string): Promise<Buffer> {
  if (bytes.length < header.length + trailerBytes || !bytes.subarray(0, header.length).equals(header)) {
    throw damaged(`${where} does not begin as a gzip member of a backup does`);
  }
  const deflated = bytes.subarray(header.length, -trailerBytes);
  // What the trailer claims is only a hint for one buffer of the right size; what comes out is bounded by the limit.
  const claimedBytes = Math.min(bytes.readUInt32LE(bytes.length - 4), limitBytes);
  const content = await inflateWhole(deflated, limitBytes, Math.max(claimedBytes + 16, leastOutputBytes), where);
  if (!gzipTrailer(content).equals(bytes.subarray(-trailerBytes))) {
    throw damaged(`${where} does not have the checksum that it carries`);
  }
  return content;
}

function inflateWhole(deflated: Buffer, limitBytes: number, chunkSize: number, where: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { maxOutputLength: Math.max(limitBytes, 1), chunkSize, info: true };
    inflateRaw(deflated, options, (error, result) => {
      if (error !== null) {
        reject(damaged(`${where} does not decompress`, error));
        return;
      }
      // With `info` the result is not the buffer alone: https://nodejs.org/api/zlib.html#class-options
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      if (engine.bytesWritten === deflated.length) resolve(buffer);
      else reject(damaged(`${where} goes on after its compressed data have ended`));
    });
  });
}

/** What several members may hold that are unpacked in one go. */
const togetherBytes = 1 << 23;

/**
 * The contents of several neighbouring members, which lie one after another in `bytes`: in one trip to a thread, where
 * {@link unpackMember} takes one for each. Undefined when they cannot be had so, for whatever reason; `unpackMember` tells it.
 */
export async function unpackMembers(bytes: Buffer, lengths: readonly number[]): Promise<Buffer[] | undefined> {
  const sizes: number[] = [];
  let end = 0;
  for (const length of lengths) {
    if (!bytes.subarray(end, end + header.length).equals(header)) return undefined;
    end += length;
    sizes.push(bytes.readUInt32LE(end - 4));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > togetherBytes) return undefined;
  const content = await unpackStream(bytes, { maxOutputLength: total + 1, chunkSize: total + 64 }).catch(
    () => undefined,
  );
  if (content?.length !== total) return undefined;
  let start = 0;
  return sizes.map((size) => content.subarray(start, (start += size)));
}

const unpackStream = promisify(gunzip) as (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>;
