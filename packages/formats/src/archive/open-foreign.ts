import { isAppError, type ArchiveSource, type Backup, type BackupFiles, type Store } from '@infrabackup/core';
import { isOurs } from './is-ours.ts';
import { holdsManifests, openManifests, type OpenManifestsOptions } from './read-manifests.ts';
import { openTarball } from './open-tarball.ts';
import { parseVeleroHead } from './velero-head.ts';

/** Where a backup of another tool may lie. */
export type ForeignPlaceOfBackup =
  /** In a backup's folder of a location, as Velero's do. */
  | { readonly kind: 'stored'; readonly store: Store; readonly name: string; readonly files: BackupFiles }
  /** A tarball alone, called as its file is. */
  | { readonly kind: 'tarball'; readonly archive: ArchiveSource }
  /** A file or a folder of manifests, by its absolute path. */
  | { readonly kind: 'path'; readonly uri: string };

/** With what it is opened. */
export type OpenForeignOptions = OpenManifestsOptions;

/** What a request for a part of a tarball gives at once. */
const readBytes = 1 << 20;

/**
 * Another tool's backup as one of ours; undefined where none lies there. The whole of it is read once, now.
 *
 * Throws BACKUP_DAMAGED for one that cannot be read, KEY_MISSING and KEY_WRONG for one that is encrypted, USAGE for
 * manifests that are none, and the store's errors.
 */
export async function openForeign(
  found: ForeignPlaceOfBackup,
  options: OpenForeignOptions,
): Promise<(Backup & { close(): Promise<void> }) | undefined> {
  switch (found.kind) {
    case 'stored':
      return await openVelero(found, options);
    case 'tarball': {
      const { archive } = found;
      const { name: fileName, sizeBytes } = archive;
      return await openTarball({ fileName, sizeBytes, stream: () => streamOf(archive) }, options);
    }
    case 'path':
      return (await holdsManifests(found.uri)) ? await openManifests(found.uri, options) : undefined;
  }
}

/** What else Velero wrote of a backup may be missing. Source: https://velero.io/docs/main/output-file-format/ */
async function openVelero(
  { store, name, files }: Extract<ForeignPlaceOfBackup, { readonly kind: 'stored' }>,
  options: OpenForeignOptions,
): Promise<(Backup & { close(): Promise<void> }) | undefined> {
  const archive = await store.stat(files.archive, options.signal);
  if (archive === undefined || (await isOurs(store, files, options.signal))) return undefined;
  const text = await store.read(files.velero, undefined, options.signal).catch((error: unknown) => {
    if (isAppError(error, 'STORE_NOT_FOUND')) return undefined;
    throw error;
  });
  return await openTarball(
    {
      fileName: `${name}.tar.gz`,
      sizeBytes: archive.sizeBytes,
      stream: () => store.stream(files.archive, 0, options.signal),
      ...(text !== undefined && { velero: parseVeleroHead(text.toString(), name) }),
    },
    options,
  );
}

async function* streamOf(archive: ArchiveSource): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < archive.sizeBytes; offset += readBytes) {
    yield await archive.read(offset, Math.min(readBytes, archive.sizeBytes - offset));
  }
}
