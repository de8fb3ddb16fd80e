import type { Backup } from '@infrabackup/core';
import type { FoundBackup } from '@infrabackup/storage';
import { readKeys, type KeyFlagValues } from './flags/encryption-flags.ts';
import { userLocations } from './open-location.ts';
import type { Shell } from './shell.ts';

/** Finds a backup by its name in a location, or by the path of its folder or tarball; see `findBackup` of storage. */
export async function findBackup(named: string, from: string | undefined, shell: Shell): Promise<FoundBackup> {
  const { findBackup: find } = await import('@infrabackup/storage');
  const locations = await userLocations(shell);
  return await find(named, { from, locations, workingFolder: shell.workingFolder, signal: shell.signal });
}

/**
 * Opens a backup that {@link findBackup} finds, with the keys of the flags or the environment. Throws BACKUP_NOT_FOUND,
 * BACKUP_DAMAGED, BACKUP_FORMAT, and USAGE for keys that cannot be read.
 */
export async function openFound(found: FoundBackup, keys: KeyFlagValues, shell: Shell): Promise<Backup> {
  const { openFoundBackup } = await import('@infrabackup/storage');
  return await openFoundBackup(found, shell.signal, await readKeys(keys, shell));
}
