import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from './disk-error.ts';

/** What libfuse, and the NFS clients of kernels, call a file that somebody here has open while another takes its place. */
const setAside = /^\.(fuse_hidden|nfs)/;

/** The pauses between eight looks: 0.6 s together. */
const looks = 8;
const firstPauseMs = 5;

/**
 * Looks for a file that is meant to be read, and again where it may be just being replaced. On a file system of FUSE or
 * NFS a rename is not one step for those on the same machine: the old file is moved aside first when it is open, and for a
 * moment there is none.
 *
 * Throws what `look` throws.
 */
export async function findFile<T>(path: string, look: () => Promise<T>): Promise<T> {
  for (let looked = 1; ; looked++) {
    try {
      return await look();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || looked === looks) throw error;
      const beside = await readdir(dirname(path)).catch((): string[] => []);
      if (!beside.some((name) => setAside.test(name))) {
        // It may have come between the look and the listing, and what was aside have gone.
        if (beside.includes(basename(path))) return look();
        throw error;
      }
    }
    await sleep(firstPauseMs * 2 ** (looked - 1));
  }
}
