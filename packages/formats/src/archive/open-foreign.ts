import { basename } from 'node:path';
import {
  backupFiles,
  concurrently,
  isAppError,
  type ArchiveSource,
  type Backup,
  type BackupFiles,
  type Store,
} from '@infrabackup/core';
import { holdsManifests, openManifests, type OpenManifestsOptions } from './read-manifests.ts';
import { openTarball } from './open-tarball.ts';
import { parseVeleroHead, type VeleroHead } from './velero-head.ts';

/** Where a backup of another tool may lie. */
export type ForeignPlaceOfBackup =
  /** In a backup's folder of a location, as Velero's do. */
  | { readonly kind: 'stored'; readonly store: Store; readonly name: string; readonly files: BackupFiles }
  /** A tarball alone. */
  | { readonly kind: 'tarball'; readonly uri: string; readonly archive: ArchiveSource }
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
      const { archive, uri } = found;
      const { sizeBytes } = archive;
      return await openTarball({ fileName: basename(uri), sizeBytes, stream: () => streamOf(archive) }, options);
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

/** Whether the folder is of a backup of ours that was never finished, or is being deleted: then it is none. */
async function isOurs(store: Store, files: BackupFiles, signal: AbortSignal | undefined): Promise<boolean> {
  const found = await Promise.all([files.claim, files.index].map((key) => store.stat(key, signal)));
  return found.some((entry) => entry !== undefined);
}

/** What a location holds of Velero's: of these names those that it has made to their end, in the order given. */
export async function listVelero(
  store: Store,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly VeleroHead[]> {
  const heads = new Map<number, VeleroHead>();
  await concurrently(
    [...names.entries()],
    8,
    async ([i, name]) => {
      const files = backupFiles(name);
      try {
        const text = (await store.read(files.velero, undefined, signal)).toString();
        if (!(await isOurs(store, files, signal))) heads.set(i, parseVeleroHead(text, name));
      } catch (error) {
        // None of Velero's, one that is not made yet, or one that cannot be read: it is not listed.
        if (!isAppError(error, 'STORE_NOT_FOUND', 'BACKUP_NOT_FOUND', 'BACKUP_DAMAGED')) throw error;
      }
    },
    signal,
  );
  return [...heads].sort(([a], [b]) => a - b).map(([, head]) => head);
}

async function* streamOf(archive: ArchiveSource): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < archive.sizeBytes; offset += readBytes) {
    yield await archive.read(offset, Math.min(readBytes, archive.sizeBytes - offset));
  }
}
