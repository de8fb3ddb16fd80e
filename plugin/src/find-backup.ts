import { isAppError, openArchiveFile, type Backup, type Keyring } from '@infrabackup/core';
import type { FoundBackup } from '@infrabackup/storage';
import { readKeys, type KeyFlagValues } from './flags/encryption-flags.ts';
import type { ConnectionFlags } from './open-cluster.ts';
import { userLocations } from './open-location.ts';
import { otherToolsOpener } from './open-other.ts';
import type { Shell } from './shell.ts';

/** Finds a backup by its name in a location, or by the path of its folder or tarball; see `findBackup` of storage. */
export async function findBackup(named: string, from: string | undefined, shell: Shell): Promise<FoundBackup> {
  const { findBackup: find } = await import('@infrabackup/storage');
  const locations = await userLocations(shell);
  return await find(named, { from, locations, workingFolder: shell.workingFolder, signal: shell.signal });
}

/** Where a backup lies that was found: the URI of its location, or the path of one that lies by itself. */
export function locationOf(found: FoundBackup): string {
  const isOfLocation = found.kind === 'stored' && found.files.folder !== '';
  return isOfLocation ? found.store.uri : found.uri;
}

/**
 * Opens a backup that {@link findBackup} finds, also one of another tool, with the keys of the flags, or else of its
 * location or the environment.
 * Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT, and USAGE for keys that cannot be read.
 */
export async function openFound(
  found: FoundBackup,
  flags: KeyFlagValues & ConnectionFlags,
  shell: Shell,
): Promise<Backup> {
  const { openFoundBackup } = await import('@infrabackup/storage');
  const keyring = await readKeys(flags, locationOf(found), shell);
  const openOther = otherToolsOpener(keyring, flags, shell);
  return await openFoundBackup(found, { keyring, openOther, signal: shell.signal });
}

/** The backup where it is another tool's; undefined where it is ours, whole or not, or not there. */
export async function openIfOther(
  found: FoundBackup,
  keyring: Keyring | undefined,
  shell: Shell,
): Promise<Backup | undefined> {
  if (found.kind === 'stored' && (await found.store.stat(found.files.summary, shell.signal)) !== undefined)
    return undefined;
  try {
    if (found.kind === 'tarball') await openArchiveFile(found.archive, keyring);
    else return await otherToolsOpener(keyring, {}, shell)(found);
    return undefined;
  } catch (error) {
    if (!isAppError(error, 'BACKUP_DAMAGED') || found.kind !== 'tarball') throw error;
  }
  try {
    return await otherToolsOpener(keyring, {}, shell)(found);
  } catch (error) {
    // Whose it was cannot be told: what is damaged is told by who knows ours.
    if (isAppError(error, 'BACKUP_DAMAGED')) return undefined;
    throw error;
  }
}
