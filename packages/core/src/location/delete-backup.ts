import type { Store } from '../store/store.ts';
import { readBackupFolder } from './backup-folder.ts';
import { notFound } from './read-summary.ts';
import { removeFolder, removeUnclaimed } from './remove-backup-files.ts';
import { claimed, isStale, takeClaim } from './take-claim.ts';
import type { ClaimOptions } from './take-claim.ts';
import { writeBackupTogether } from './write-backup.ts';

/** How a backup is deleted. */
export interface DeleteOptions extends ClaimOptions {
  /**
   * Whether to take it from a process that seems to be writing or deleting it, which is told; and to remove what lies
   * under the name without a claim, which may be another program's.
   */
  readonly force?: boolean | undefined;
}

/**
 * Deletes a backup, or what is left of one that was never finished.
 *
 * Claims it first, so that nobody writes the name anew meanwhile; then the summary goes, so an interrupted delete leaves
 * nothing that is listed, and calling it again finishes. Throws BACKUP_NOT_FOUND; BACKUP_CLAIMED when somebody writes
 * or deletes it, and then leaves it alone.
 */
export async function deleteBackup(store: Store, name: string, options: DeleteOptions): Promise<void> {
  await writeBackupTogether(store, name, `Delete backup ${name}`, options.signal, (into) =>
    deleteFrom(into, name, options),
  );
}

async function deleteFrom(store: Store, name: string, options: DeleteOptions): Promise<void> {
  const folder = await readBackupFolder(store, name, options.signal);
  const { claim, published, claimKeys, contents } = folder;
  const isOurs = published || claimKeys.length > 0;
  if (!isOurs && !(options.force === true && contents.length > 0)) throw notFound(store, name);
  // Once a backup is published its writer is done with it, whatever became of the process.
  const mayBeBusy = claim !== undefined && !(published && claim.purpose === 'write');
  if (mayBeBusy && options.force !== true && !(await isStale(store, claim, options))) throw claimed(store, folder);

  const done = await takeClaim(store, name, 'delete', claim?.id, options, async (held, now) => {
    await removeFolder(store, held, now, options.signal);
    return true;
  });
  if (done === undefined) throw claimed(store, await readBackupFolder(store, name, options.signal));
  await removeUnclaimed(store, name, { ...options, signal: undefined });
}
