import { homedir } from 'node:os';
import type { Backup, Store } from '@infrabackup/core';
import type { ListedForeign } from '@infrabackup/formats';
import type { ClusterSession } from './cluster/cluster-session.ts';
import { otherToolsOpener } from './open-other.ts';
import type { UserLocations } from './user-locations.ts';

/** A backup of a location by its name, open for reading with the keys to it, whoever made it. Throws BACKUP_NOT_FOUND. */
export async function openNamed(
  { cluster, locations }: { readonly cluster: ClusterSession; readonly locations: UserLocations },
  location: string,
  name: string,
): Promise<Backup> {
  const { findBackup, openFoundBackup } = await import('@infrabackup/storage');
  const keyring = await locations.keys(location);
  const found = await findBackup(name, { from: location, locations, workingFolder: homedir() });
  return openFoundBackup(found, { keyring, openOther: otherToolsOpener(cluster, keyring) });
}

/** The backups of other tools in a store, of which these folders and the archives at its root may be. */
export async function listOthers(store: Store, folders: readonly string[]): Promise<readonly ListedForeign[]> {
  const { listArchiveNames } = await import('@infrabackup/storage');
  const files = await listArchiveNames(store);
  if (folders.length === 0 && files.length === 0) return [];
  const { listForeign } = await import('@infrabackup/formats');
  return listForeign(store, { folders, files });
}
