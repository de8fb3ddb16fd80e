import type { Backup } from '@infrabackup/core';
import type { FoundBackup } from '@infrabackup/storage';
import { userLocations } from './open-location.ts';
import type { Shell } from './shell.ts';

/** Finds a backup by its name in a location, or by the path of its folder or tarball; see `findBackup` of storage. */
export async function findBackup(named: string, from: string | undefined, shell: Shell): Promise<FoundBackup> {
  const { findBackup: find } = await import('@infrabackup/storage');
  const locations = await userLocations(shell);
  return await find(named, { from, locations, workingFolder: shell.workingFolder, signal: shell.signal });
}

/** Opens a backup that {@link findBackup} finds. Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT. */
export async function openFound(found: FoundBackup, signal: AbortSignal): Promise<Backup> {
  const { openFoundBackup } = await import('@infrabackup/storage');
  return await openFoundBackup(found, signal);
}
