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
  /** What was appended last and is not on its way to the disk yet: so many bytes, and where they begin. */
  #piece: Buffer = Buffer.alloc(0);
  #pieceLength = 0;
  #pieceOffset = 0;
  /** One whose bytes have been written: fresh memory costs as much as the copy into it. */
  #spare: Buffer | undefined;
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
    const isFull = this.#pieceLength + bytes.length > this.#piece.length;
    // One piece may be on its way while the next one fills.
    const before = isFull ? this.#written : undefined;
    if (isFull) this.#flush();
    if (this.#piece.length === 0) {
      this.#piece = this.#spare ?? Buffer.allocUnsafeSlow(pieceBytes);
      this.#spare = undefined;
    }
    if (this.#pieceLength === 0) this.#pieceOffset = offset;
    this.#piece.set(bytes, this.#pieceLength);
    this.#pieceLength += bytes.length;
    await before;
    return offset;
  }

  async read(offset: number, length: number, into?: Buffer): Promise<Buffer> {
    if (offset + length > this.#pieceOffset) this.#flush();
    await this.#written;
    const buffer = into?.subarray(0, length) ?? Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#disk(this.#handle.read(buffer, done, length - done, offset + done));
      if (bytesRead === 0) {
        throw new InternalError(`a spool of ${this.#end} bytes was read at ${offset}, ${length} bytes`);
      }
      done += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#disk(this.#handle.close());
    if (this.#path !== undefined) await this.#disk(rm(this.#path, { force: true }));
  }

  /** Sends the piece on its way. */
  #flush(): void {
    if (this.#pieceLength === 0) return;
    const piece = this.#piece;
    const writing = this.#write(piece.subarray(0, this.#pieceLength), this.#pieceOffset).then(() => {
      this.#spare = piece;
    });
    this.#piece = Buffer.alloc(0);
    this.#pieceLength = 0;
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
