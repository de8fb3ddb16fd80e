import { createHash } from 'node:crypto';
import { throwIfCancelled } from '../errors/app-error.ts';
import type { Extent } from './member-press.ts';
import type { Spool } from './spool.ts';

/** One file of a finished backup, as it goes to a store. */
export interface FinishedFile {
  readonly sizeBytes: number;
  /** Its bytes from the start, in pieces, each valid until the next is asked for; each call begins anew. */
  stream(): AsyncIterable<Buffer>;
}

/** Bytes at hand, or where they lie in the spool. */
export type Piece = Buffer | Extent;

/** What goes to a store at once, unless one piece is longer. */
const gatheredBytes = 1 << 20;
const leastBytes = 1 << 12;

/** The bytes of the pieces, one after another; `onEnd` is told their sha256 (hex) when all have been taken. */
export async function* streamPieces(
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  spool: Spool,
  signal: AbortSignal | undefined,
  onEnd?: (sha256: string) => void,
): AsyncGenerator<Buffer> {
  const sum = createHash('sha256');
  for await (const bytes of gather(pieces, spool)) {
    throwIfCancelled(signal);
    sum.update(bytes);
    yield bytes;
  }
  onEnd?.(sum.digest('hex'));
}

/** The pieces in memory that is used again, each read as soon as it is decided: what was spooled last is still at hand. */
async function* gather(pieces: Iterable<Piece> | AsyncIterable<Piece>, spool: Spool): AsyncGenerator<Buffer> {
  let memory = Buffer.alloc(0);
  let length = 0;
  let reading: Promise<unknown>[] = [];
  const gathered = async (): Promise<Buffer> => {
    await Promise.all(reading);
    const bytes = memory.subarray(0, length);
    reading = [];
    length = 0;
    return bytes;
  };
  for await (const piece of pieces) {
    if (length + piece.length > memory.length) {
      if (length > 0) yield await gathered();
      // It grows, since most archives are small.
      const most = Math.max(piece.length, Math.min(4 * memory.length, gatheredBytes), leastBytes);
      if (most > memory.length) memory = Buffer.allocUnsafeSlow(most);
    }
    const place = memory.subarray(length, length + piece.length);
    length += piece.length;
    if (Buffer.isBuffer(piece)) piece.copy(place);
    else {
      const read = spool.readInto(piece.offset, place);
      // A failure is met when its bytes are wanted, or never.
      read.catch(() => undefined);
      reading.push(read);
    }
  }
  if (length > 0) yield await gathered();
}
