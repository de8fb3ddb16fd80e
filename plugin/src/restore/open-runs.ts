import { join } from 'node:path';
import { AppError, type Backup, type RunRecord, type RunStore, type Store } from '@infrabackup/core';
import { findBackup, openFound } from '../find-backup.ts';
import { openLocation } from '../open-location.ts';
import type { Shell } from '../shell.ts';

/** The restores of this user on this machine. */
export async function openRuns(shell: Shell): Promise<RunStore> {
  const { openDiskRunStore, userFolders } = await import('@infrabackup/storage');
  return openDiskRunStore(join(userFolders(shell).state, 'restores'));
}

/** Where to keep what a run changes: beside the backups of a location, else in the user's own state folder. */
export async function keepersOf(location: string, shell: Shell): Promise<readonly Store[]> {
  const { openFileStore, userFolders } = await import('@infrabackup/storage');
  const own = openFileStore(join(userFolders(shell).state, 'kept'));
  return isUri(location) ? [await openLocation(location, shell), own] : [own];
}

/**
 * The backup that a run restores, from where it was when the run was planned. Throws BACKUP_DIGEST_MISMATCH when it is
 * another one by now.
 */
export async function openBackupOf({ head, plan }: RunRecord, shell: Shell): Promise<Backup> {
  const [named, from] = isUri(head.location) ? [plan.backup.name, head.location] : [head.location, undefined];
  const backup = await openFound(await findBackup(named, from, shell), shell.signal);
  const { digest } = plan.backup;
  if (digest !== undefined && backup.summary?.digest !== digest) {
    throw new AppError(
      'BACKUP_DIGEST_MISMATCH',
      `${named} is no longer the backup that restore ${head.id} was planned from`,
      {
        refs: [named],
      },
    );
  }
  return backup;
}

/** A path has no scheme, nor has a drive's letter. */
function isUri(location: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(location);
}
