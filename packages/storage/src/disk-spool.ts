import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '@infrabackup/core';
import type { Spool } from '@infrabackup/core';
import { diskGuard } from './disk-error.ts';

/**
 * A spool in a file without a name in the folder (the edge passes the system's folder for temporary files).
 *
 * The name is taken away at once, so the space is free again when the process ends, however it ends; where that is not
 * possible (Windows keeps the names of open files) `close` does it. Throws STORE_FULL, STORE_DENIED, STORE_UNAVAILABLE.
 */
export async function openDiskSpool(folder: string): Promise<Spool> {
  const path = join(folder, `infrabackup-${randomBytes(8).toString('hex')}.spool`);
  const disk = diskGuard(`could not use scratch space in ${folder}`);
  const handle = await disk(open(path, 'wx+', 0o600));
  const unnamed = await rm(path).then(
    () => true,
    () => false,
  );
  let end = 0;
  return {
    async append(bytes) {
      const offset = end;
      end += bytes.length;
      for (let done = 0; done < bytes.length;) {
        done += (await disk(handle.write(bytes, done, bytes.length - done, offset + done))).bytesWritten;
      }
      return offset;
    },
    async read(offset, length) {
      const buffer = Buffer.allocUnsafe(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await disk(handle.read(buffer, done, length - done, offset + done));
        if (bytesRead === 0) throw new InternalError(`a spool of ${end} bytes was read at ${offset}, ${length} bytes`);
        done += bytesRead;
      }
      return buffer;
    },
    async close() {
      await disk(handle.close());
      if (!unnamed) await disk(rm(path, { force: true }));
    },
  };
}
