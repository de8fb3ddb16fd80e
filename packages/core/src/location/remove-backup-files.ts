import { throwIfCancelled } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import type { BackupFolder } from './backup-folder.ts';

/**
 * Removes what lies in a folder beside the claims: the summary first, so that nothing half removed is ever listed,
 * then what Velero lists it by.
 */
export async function removeContents(store: Store, folder: BackupFolder, signal?: AbortSignal): Promise<void> {
  const { summary, velero } = folder.files;
  const rank = (key: string): number => (key === summary ? 0 : key === velero ? 1 : 2);
  const keys = folder.contents.map(({ key }) => key).sort((a, b) => rank(a) - rank(b));
  await removeInOrder(store, keys, signal);
}

/**
 * Removes the whole folder, the claims last: as long as anything else is left, somebody is named who answers for it.
 *
 * The first claim goes before those that took over from it, or a stale one would count again for a moment.
 */
export async function removeFolder(store: Store, folder: BackupFolder, signal?: AbortSignal): Promise<void> {
  await removeContents(store, folder, signal);
  const later = folder.claimKeys.filter((key) => key !== folder.files.claim);
  await removeInOrder(store, [folder.files.claim, ...later], signal);
}

async function removeInOrder(store: Store, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  for (const key of keys) {
    throwIfCancelled(signal);
    await store.remove(key, signal);
  }
}
