import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { errnoOf } from './disk-error.ts';

/** What link() says where there are no hard links: vfat, exFAT, SMB, many FUSE file systems, Windows (EISDIR, by libuv). */
const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EISDIR', 'UNKNOWN']);

/**
 * Gives a temporary file of the same folder a name that nothing has; false when something has it. Of several that race
 * for a name one gets it. Where there are no hard links the name stands for an empty file before it stands for this one.
 */
export async function placeNewFile(temp: string, path: string, hardLinks: 'auto' | 'never'): Promise<boolean> {
  if (hardLinks === 'auto') {
    try {
      await link(temp, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return isSameFile(temp, path);
      if (!noHardLinks.has(errnoOf(error))) throw error;
    }
  }
  try {
    const reserved = await open(path, 'wx', 0o600);
    await reserved.close();
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(temp, path);
  } catch (error) {
    await unlink(path);
    throw error;
  }
  return true;
}

/** On NFS the answer to a link() that worked may be lost, and the repeated request is told that the name is taken. */
async function isSameFile(temp: string, path: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all(
    [temp, path].map((file) => stat(file, { bigint: true }).catch(() => undefined)),
  );
  // On other file systems too the numbers could be equal by chance; a second name of one file shows in its count.
  return ours !== undefined && ours.ino === theirs?.ino && ours.dev === theirs.dev && theirs.nlink > 1n;
}
