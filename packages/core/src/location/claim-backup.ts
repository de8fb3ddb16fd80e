import { isAppError } from '../errors/app-error.ts';
import type { AppError } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { readBackupFolder } from './backup-folder.ts';
import { removeContents, removeFolder, removeUnclaimed } from './remove-backup-files.ts';
import { claimed, confirmClaim, isStale, takeClaim, taken } from './take-claim.ts';
import type { ClaimOptions, HeldClaim } from './take-claim.ts';

/**
 * Claims a name for a new backup: the first thing written of it. Debris of a dead writer is cleared away.
 *
 * Throws BACKUP_EXISTS when the name is taken and BACKUP_CLAIMED when somebody else writes or deletes it; both leave
 * everything as it was.
 */
export async function claimBackup(store: Store, name: string, options: ClaimOptions): Promise<HeldClaim> {
  const first = await takeClaim(store, name, 'write', undefined, options, (held, folder) => {
    // A claim comes first and goes last: what lies here without one is not ours.
    if (folder.contents.length > 0) throw taken(store, folder);
    return Promise.resolve(held);
  });
  if (first !== undefined) return first;

  const before = await readBackupFolder(store, name, options.signal);
  if (before.published) throw taken(store, before);
  if (before.claim === undefined || !(await isStale(store, before.claim, options))) throw claimed(store, before);
  const second = await takeClaim(store, name, 'write', before.claim.id, options, async (held, folder) => {
    // The writer that was taken for dead has come to its end after all.
    if (folder.published) throw taken(store, folder);
    await removeContents(store, held, folder, options.signal);
    return held;
  });
  if (second !== undefined) return second;
  throw claimed(store, await readBackupFolder(store, name, options.signal));
}

/**
 * Makes the backup exist: writes its summary.
 *
 * The claim is confirmed before and after. Whoever takes over looks for a summary once its claim is there; so either it
 * sees this one and gives way, or this one sees that claim and is taken back. Throws BACKUP_CLAIMED when the claim was
 * lost, BACKUP_EXISTS when the name has a summary; then nothing of this backup is listed.
 */
export async function publishSummary(
  store: Store,
  held: HeldClaim,
  summary: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const folder = await confirmClaim(store, held, signal);
  try {
    await store.create(held.files.summary, summary, signal);
  } catch (error) {
    if (!isAppError(error, 'STORE_EXISTS')) throw error;
    // Our own, when the store's answer was lost and the driver asked again.
    if (!(await store.read(held.files.summary)).equals(summary)) throw taken(store, { ...folder, published: true });
  }
  try {
    await confirmClaim(store, held);
  } catch (error) {
    if (isAppError(error, 'BACKUP_CLAIMED')) await store.remove(held.files.summary);
    throw error;
  }
}

/**
 * Clears away what was written under a claim, for a backup that failed or was cancelled: then the name is free again.
 *
 * Nothing is touched when another has the claim. Takes no signal, since it runs after a cancel. Where it cannot be done
 * that is returned, not thrown: the caller has an error that matters more. What is left is debris then.
 */
export async function abandonBackup(store: Store, held: HeldClaim): Promise<AppError | undefined> {
  try {
    const folder = await readBackupFolder(store, held.name);
    if (folder.claim?.id === held.writer.id) await removeFolder(store, held, folder);
    else if (folder.claim === undefined) await removeUnclaimed(store, held.name, { writer: held.writer });
    return undefined;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
