import { createHash } from 'node:crypto';
import { workAhead } from '../concurrently.ts';
import { InternalError, throwIfCancelled } from '../errors/app-error.ts';
import type { Extent } from './member-press.ts';
import type { Spool } from './spool.ts';
import type { BackupFile } from './summary.ts';

/** One file of a finished backup, as it goes to a store. */
export interface FinishedFile {
  readonly sizeBytes: number;
  /** Its bytes from the start, in pieces of at most 1 MiB, each valid until the next is asked for; each call begins anew. */
  stream(): AsyncIterable<Buffer>;
}

/** Bytes at hand, or where they lie in the spool. */
export type Piece = Buffer | Extent;

/** A file put together from pieces, hashed while it streams. */
export class SpooledFile implements FinishedFile {
  readonly sizeBytes: number;
  readonly #name: string;
  readonly #pieces: readonly Piece[];
  readonly #spool: Spool;
  readonly #signal: AbortSignal | undefined;
  #sha256: string | undefined;

  constructor(name: string, pieces: readonly Piece[], spool: Spool, signal: AbortSignal | undefined) {
    this.#name = name;
    this.#pieces = pieces;
    this.#spool = spool;
    this.#signal = signal;
    this.sizeBytes = pieces.reduce((total, piece) => total + piece.length, 0);
  }

  async *stream(): AsyncIterable<Buffer> {
    const sum = createHash('sha256');
    // One that is written, one that has been read, one that is being read: memory that is used again need not be cleared.
    const turns = Array.from({ length: 3 }, () => Buffer.allocUnsafe(Math.min(pieceBytes, this.sizeBytes)));
    let turn = 0;
    const read = async (piece: Piece): Promise<Buffer> => {
      if (Buffer.isBuffer(piece)) return piece;
      const into = piece.length <= pieceBytes ? turns[turn++ % turns.length] : undefined;
      return this.#spool.read(piece.offset, piece.length, into);
    };
    for await (const bytes of workAhead(joined(this.#pieces), 1, read)) {
      throwIfCancelled(this.#signal);
      sum.update(bytes);
      yield bytes;
    }
    this.#sha256 = sum.digest('hex');
  }

  file(): BackupFile {
    if (this.#sha256 === undefined) throw new InternalError(`${this.#name} was not streamed to its end`);
    return { name: this.#name, sizeBytes: this.sizeBytes, sha256: this.#sha256 };
  }
}

/** Bytes read from the spool, and given to a store, at once. */
const pieceBytes = 1 << 20;

/** The same bytes with neighbours in the spool made one, and nothing longer than a piece may be unless it was. */
function* joined(pieces: readonly Piece[]): Generator<Piece> {
  let run: Extent | undefined;
  for (const piece of pieces) {
    if (run !== undefined) {
      if (
        !Buffer.isBuffer(piece) &&
        piece.offset === run.offset + run.length &&
        run.length + piece.length <= pieceBytes
      ) {
        run = { offset: run.offset, length: run.length + piece.length };
        continue;
      }
      yield run;
      run = undefined;
    }
    if (Buffer.isBuffer(piece)) yield piece;
    else run = piece;
  }
  if (run !== undefined) yield run;
}
