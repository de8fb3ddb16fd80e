import { randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '@infrabackup/core';
import type { Spool } from '@infrabackup/core';
import { diskGuard } from './disk-error.ts';

/** What is appended goes to the disk in pieces of this size: a trip there takes longer than a small copy. */
const pieceBytes = 1 << 20;

/**
 * A spool in a file without a name in the folder (the edge passes the system's folder for temporary files).
 *
 * The name is taken away at once, so the space is free again when the process ends, however it ends; where that is not
 * possible (Windows keeps the names of open files) `close` does it. At most two pieces of 1 MiB wait in memory; a write
 * that fails is told by the next call. Throws STORE_FULL, STORE_DENIED, STORE_UNAVAILABLE.
 */
export async function openDiskSpool(folder: string): Promise<Spool> {
  const path = join(folder, `infrabackup-${randomBytes(8).toString('hex')}.spool`);
  const disk = diskGuard(`could not use scratch space in ${folder}`);
  const handle = await disk(open(path, 'wx+', 0o600));
  const unnamed = await rm(path).then(
    () => true,
    () => false,
  );
  return new DiskSpool(handle, disk, unnamed ? undefined : path);
}

class DiskSpool implements Spool {
  readonly #handle: FileHandle;
  readonly #disk: ReturnType<typeof diskGuard>;
  /** Its name, where that could not be taken away while the file is open. */
  readonly #path: string | undefined;
  #end = 0;
  /** What was appended last and is not on its way to the disk yet. */
  #filling: SpoolPiece = emptyPiece(Buffer.alloc(0));
  /** The one before it, which is on its way or written. */
  #sent: SpoolPiece = emptyPiece(Buffer.alloc(0));
  /** Settles when all that is on its way has been written; once failed, it stays so. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(handle: FileHandle, disk: ReturnType<typeof diskGuard>, path: string | undefined) {
    this.#handle = handle;
    this.#disk = disk;
    this.#path = path;
  }

  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.#end;
    this.#end += bytes.length;
    if (bytes.length >= pieceBytes) {
      this.#flush();
      await this.#write(bytes, offset);
      return offset;
    }
    const isFull = this.#filling.length + bytes.length > this.#filling.bytes.length;
    // One piece may be on its way while the next one fills.
    const before = isFull ? this.#written : undefined;
    if (isFull) this.#flush();
    if (this.#filling.bytes.length === 0) this.#filling = emptyPiece(Buffer.allocUnsafeSlow(pieceBytes));
    const piece = this.#filling;
    if (piece.length === 0) piece.offset = offset;
    piece.bytes.set(bytes, piece.length);
    piece.length += bytes.length;
    await before;
    return offset;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    await this.readInto(offset, buffer);
    return buffer;
  }

  async readInto(offset: number, into: Buffer): Promise<void> {
    const { length } = into;
    // What was appended last is at hand.
    for (const piece of [this.#filling, this.#sent]) {
      const start = offset - piece.offset;
      if (start < 0 || start + length > piece.length) continue;
      piece.bytes.copy(into, 0, start, start + length);
      return;
    }
    if (offset + length > this.#filling.offset) this.#flush();
    await this.#written;
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#disk(this.#handle.read(into, done, length - done, offset + done));
      if (bytesRead === 0) {
        throw new InternalError(`a spool of ${this.#end} bytes was read at ${offset}, ${length} bytes`);
      }
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#disk(this.#handle.close());
    if (this.#path !== undefined) await this.#disk(rm(this.#path, { force: true }));
  }

  /** Sends the piece on its way; the next one fills the memory of the one before, when that is written. */
  #flush(): void {
    const piece = this.#filling;
    if (piece.length === 0) return;
    const writing = this.#write(piece.bytes.subarray(0, piece.length), piece.offset).then(() => {
      piece.isWritten = true;
    });
    this.#filling = emptyPiece(this.#sent.isWritten ? this.#sent.bytes : Buffer.alloc(0));
    this.#sent = piece;
    this.#written = Promise.all([this.#written, writing]);
    // Whoever reads, or fills the next piece, is told.
    this.#written.catch(() => undefined);
  }

  async #write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#disk(this.#handle.write(bytes, done, bytes.length - done, offset + done));
      done += bytesWritten;
    }
  }
}

/** Bytes on their way to the disk: so many, and where they begin. */
interface SpoolPiece {
  readonly bytes: Buffer;
  offset: number;
  length: number;
  isWritten: boolean;
}

function emptyPiece(bytes: Buffer): SpoolPiece {
  return { bytes, offset: 0, length: 0, isWritten: false };
}
