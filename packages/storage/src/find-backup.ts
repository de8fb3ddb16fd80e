import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  AppError,
  backupFiles,
  backupNameOfSummary,
  isKeySegment,
  openArchiveFile,
  openBackup,
  storeSource,
} from '@infrabackup/core';
import type { ArchiveSource, Backup, BackupFiles, Keyring, Store } from '@infrabackup/core';
import { diskError, errnoOf } from './disk-error.ts';
import { openFileStore } from './file-store.ts';
import type { Locations } from './locations.ts';
import { uriBelow } from './store-uri.ts';

/** Where a backup that the user named lies; for a name, whether it is there shows when it is read. */
export type FoundBackup =
  /** With its summary, in a location or in a folder of its own. */
  | {
      readonly kind: 'stored';
      readonly uri: string;
      readonly store: Store;
      readonly name: string;
      readonly files: BackupFiles;
    }
  /** A tarball alone, which carries all but the digest over all. */
  | { readonly kind: 'tarball'; readonly uri: string; readonly archive: ArchiveSource };

/** Where a backup is looked for. */
export interface FindBackupOptions {
  /** The location, as the user names it; absent: the default one. */
  readonly from?: string | undefined;
  readonly locations: Pick<Locations, 'open'>;
  /** The absolute folder that relative paths start from. */
  readonly workingFolder: string;
  readonly signal?: AbortSignal | undefined;
}

const tarSuffix = '.tar.gz';

/**
 * Finds a backup by its name in a location, or by the path of its folder or its tarball, wherever they were copied to.
 *
 * What holds a slash, is `.` or `..`, or ends in `.tar.gz` is a path: no name does. Throws BACKUP_NOT_FOUND for a path
 * that is none, USAGE for a path beside a location, and as `Locations.open`.
 */
export async function findBackup(named: string, options: FindBackupOptions): Promise<FoundBackup> {
  const { from, locations, workingFolder, signal } = options;
  if (!/[/\\]|^\.{1,2}$|\.tar\.gz$/.test(named)) {
    const store = await locations.open(from);
    return {
      kind: 'stored',
      uri: uriBelow(store.uri, `backups/${named}`),
      store,
      name: named,
      files: backupFiles(named),
    };
  }
  if (from !== undefined) {
    throw new AppError('USAGE', `${named} is the path of a backup, and ${from} a place to look for a name`, {
      hint: 'give the name alone, or leave out --from',
    });
  }
  const path = resolve(workingFolder, named);
  return path.endsWith(tarSuffix) ? findTarball(path, signal) : findFolder(path);
}

/**
 * Opens a backup that {@link findBackup} found; `keyring` opens what is encrypted in it. Throws BACKUP_NOT_FOUND,
 * BACKUP_DAMAGED, BACKUP_FORMAT.
 */
export async function openFoundBackup(found: FoundBackup, signal?: AbortSignal, keyring?: Keyring): Promise<Backup> {
  if (found.kind === 'tarball') return openArchiveFile(found.archive, keyring);
  return openBackup(found.store, found.name, { files: found.files, keyring, signal });
}

/** With the summary beside it, where there is one. */
async function findTarball(path: string, signal: AbortSignal | undefined): Promise<FoundBackup> {
  const key = basename(path);
  if (!isKeySegment(key)) {
    throw new AppError('USAGE', `${path} cannot be read under that name`, {
      hint: 'rename the file: letters, digits and ._:+@=- will do',
    });
  }
  const store = openFileStore(dirname(path));
  const name = key.slice(0, -tarSuffix.length);
  const files = backupFiles(name, '');
  if ((await store.stat(files.summary, signal)) !== undefined) return { kind: 'stored', uri: path, store, name, files };
  const entry = await store.stat(key, signal);
  if (entry === undefined) throw noBackup(path, 'there is no such file');
  return { kind: 'tarball', uri: path, archive: storeSource(store, key, entry.sizeBytes, signal) };
}

/** By the one summary in it. */
async function findFolder(path: string): Promise<FoundBackup> {
  const entries = await readdir(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) throw noBackup(path, 'there is no such folder');
    throw diskError(error, `could not read the folder ${path}`);
  });
  const [name, ...others] = entries.flatMap((entry) => backupNameOfSummary(entry) ?? []).sort();
  if (name === undefined && entries.includes('backups')) {
    throw noBackup(path, 'it is a location', `name a backup of it: NAME --from ${path}`);
  }
  if (name === undefined) throw noBackup(path, 'no summary of a backup lies in it');
  if (others.length > 0) {
    throw noBackup(path, 'several lie in it', `name the tarball of one: ${join(path, `${name}${tarSuffix}`)}`);
  }
  return { kind: 'stored', uri: path, store: openFileStore(path), name, files: backupFiles(name, '') };
}

function noBackup(path: string, why: string, hint?: string): AppError {
  return new AppError('BACKUP_NOT_FOUND', `${path} is no backup: ${why}`, { hint, refs: [path] });
}
