import { throwIfCancelled } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { claimKeyAfter, readBackupFolder } from './backup-folder.ts';
import type { BackupFolder } from './backup-folder.ts';
import { claimed, takeClaim } from './take-claim.ts';
import type { ClaimOptions, HeldClaim } from './take-claim.ts';

/**
 * Removes what lies in a claimed folder beside the claims: the summary first, so that nothing half removed is ever
 * listed, then what Velero lists it by. The large files are removed also where they are not listed: a store may hold
 * half of one that nobody finished. Throws BACKUP_CLAIMED, and stops, when somebody takes the claim over.
 */
export async function removeContents(
  store: Store,
  held: HeldClaim,
  folder: BackupFolder,
  signal?: AbortSignal,
): Promise<void> {
  const { summary, velero, archive, index } = folder.files;
  const rank = (key: string): number => (key === summary ? 0 : key === velero ? 1 : 2);
  const keys = new Set([...folder.contents.map(({ key }) => key), archive, index]);
  await removeInOrder(
    store,
    held,
    [...keys].sort((a, b) => rank(a) - rank(b)),
    signal,
  );
}

/**
 * Removes the whole folder, the claims last: as long as anything else is left, somebody is named who answers for it.
 *
 * The first claim goes before those that took over from it, or a stale one would count again for a moment.
 */
export async function removeFolder(
  store: Store,
  held: HeldClaim,
  folder: BackupFolder,
  signal?: AbortSignal,
): Promise<void> {
  await removeContents(store, held, folder, signal);
  const later = folder.claimKeys.filter((key) => key !== folder.files.claim);
  await removeInOrder(store, held, [folder.files.claim, ...later], signal);
}

/**
 * Removes what lies in a folder without a claim, where one has just been: a writer that was only slow, of a backup that
 * was deleted meanwhile, put it there. Whoever comes last, it or the deleter, sees it here.
 */
export async function removeUnclaimed(store: Store, name: string, options: ClaimOptions): Promise<void> {
  const { claim, published, contents } = await readBackupFolder(store, name, options.signal);
  if (claim !== undefined || published || contents.length === 0) return;
  const done = await takeClaim(store, name, 'delete', undefined, options, async (held, folder) => {
    await removeFolder(store, held, folder, options.signal);
    return true;
  });
  if (done === true) await removeUnclaimed(store, name, options);
}

async function removeInOrder(
  store: Store,
  held: HeldClaim,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const successor = claimKeyAfter(held.files, held.writer.id);
  for (const key of keys) {
    throwIfCancelled(signal);
    // A process may be halted for days between two steps, and the name be another's backup when it wakes.
    if ((await store.stat(successor, signal)) !== undefined) {
      throw claimed(store, await readBackupFolder(store, held.name, signal));
    }
    await store.remove(key, signal);
  }
}
