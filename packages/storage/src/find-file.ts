import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from './disk-error.ts';

/** What libfuse and Linux's NFS client call a file that somebody here has open while another takes its place. */
const setAside = /^\.(fuse_hidden|nfs)[0-9a-f]+$/i;

/** Seven looks take 0.6 s. */
const looks = 8;
const firstPauseMs = 5;

/**
 * Looks for a file, and again where it may be just being replaced. On a file system of FUSE or NFS a rename is not one
 * step for those on the same machine: the old file is moved aside first when it is open, and for a moment there is none.
 *
 * Throws what `look` throws.
 */
export async function findFile<T>(path: string, look: () => Promise<T>): Promise<T> {
  for (let looked = 1; ; looked++) {
    try {
      return await look();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || looked === looks) throw error;
      const beside = await readdir(dirname(path)).catch(() => []);
      if (!beside.some((name) => name === basename(path) || setAside.test(name))) throw error;
    }
    await sleep(firstPauseMs * 2 ** (looked - 1));
  }
}
