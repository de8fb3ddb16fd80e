import { isAppError } from '../errors/app-error.ts';
import type { AppError } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { formatClaim, readBackupFolder } from './backup-folder.ts';
import { removeContents, removeFolder, removeUnclaimed } from './remove-backup-files.ts';
import { claimed, confirmClaim, isStale, takeClaim, taken } from './take-claim.ts';
import type { ClaimOptions, HeldClaim } from './take-claim.ts';

/** How a name is claimed for a new backup. */
export interface ClaimBackupOptions extends ClaimOptions {
  /** Whether debris of a dead writer stays, for a caller that can tell what of it is of use; absent: it is cleared away. */
  readonly keepsContents?: boolean | undefined;
}

/**
 * Claims a name for a new backup: the first thing written of it.
 *
 * Throws BACKUP_EXISTS when the name is taken and BACKUP_CLAIMED when somebody else writes or deletes it; both leave
 * everything as it was.
 */
export async function claimBackup(store: Store, name: string, options: ClaimBackupOptions): Promise<HeldClaim> {
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
    if (options.keepsContents !== true) await removeContents(store, held, folder, options.signal);
    return held;
  });
  if (second !== undefined) return second;
  throw claimed(store, await readBackupFolder(store, name, options.signal));
}

/**
 * Lets `write` write a backup under a claim of its name. What an error leaves behind is cleared away; where debris is
 * kept for a later writer (`keepsContents`), so is that. Throws as {@link claimBackup}, and what `write` throws.
 */
export async function writeUnderClaim<T>(
  store: Store,
  name: string,
  options: ClaimBackupOptions,
  write: (held: HeldClaim) => Promise<T>,
): Promise<T> {
  const held = await claimBackup(store, name, options);
  try {
    return await write(held);
  } catch (error) {
    await (options.keepsContents === true ? leaveBackup : abandonBackup)(store, held);
    throw error;
  }
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

/**
 * Gives up a claim and leaves what was written under it, for a writer that was cut off and can be gone on with: debris
 * until then. As {@link abandonBackup} it takes no signal and throws nothing; what cannot be given up becomes stale.
 */
async function leaveBackup(store: Store, held: HeldClaim): Promise<void> {
  try {
    const { claim } = await readBackupFolder(store, held.name);
    if (claim?.id !== held.writer.id) return;
    const { modifiedMs: _modifiedMs, ...own } = claim;
    await store.replace(held.key, formatClaim({ ...own, released: true }));
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}
