import type { BackupFiles, Store } from '@infrabackup/core';

/** Whether the folder is of a backup of ours that was never finished, or is being deleted: then it is none. */
export async function isOurs(store: Store, files: BackupFiles, signal: AbortSignal | undefined): Promise<boolean> {
  const found = await Promise.all([files.claim, files.index].map((key) => store.stat(key, signal)));
  return found.some((entry) => entry !== undefined);
}
