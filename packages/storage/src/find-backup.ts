import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  AppError,
  backupFiles,
  backupNameOfSummary,
  isAppError,
  isKeySegment,
  openArchiveFile,
  openBackup,
  shellWord,
  storeSource,
  uriBelow,
} from '@infrabackup/core';
import type { ArchiveSource, Backup, BackupFiles, Keyring, Store } from '@infrabackup/core';
import { diskError, errnoOf } from './disk-error.ts';
import { openFileStore } from './file-store.ts';
import type { Locations } from './locations.ts';

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
  /** A tarball alone, in a folder or at the root of a location, which carries all but the digest over all. */
  | { readonly kind: 'tarball'; readonly uri: string; readonly archive: ArchiveSource }
  /** Something at an absolute path that is no backup of ours: manifests, perhaps. */
  | { readonly kind: 'path'; readonly uri: string };

/** Opens what another tool made; undefined where it made nothing either. */
export type OpenOther = (found: FoundBackup) => Promise<Backup | undefined>;

/** With what a backup is opened. */
export interface OpenFoundOptions {
  /** What encrypted objects are opened with. */
  readonly keyring?: Keyring | undefined;
  /** Asked where no backup of ours lies; absent: then there is none. */
  readonly openOther?: OpenOther | undefined;
  readonly signal?: AbortSignal | undefined;
}

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
/** How archives are called; Rancher's operator adds the last part where objects in it are encrypted. */
const archiveSuffix = /\.tar\.gz(\.enc)?$/;

/**
 * Finds a backup by its name in a location, or by the path of its folder or its tarball, wherever they were copied to.
 *
 * What holds a slash, is `.` or `..`, or ends in `.tar.gz` (or `.tar.gz.enc`) is a path: no name does. Beside a location a
 * file name that ends so is a tarball at the location's root, where Rancher's operator puts them. Throws BACKUP_NOT_FOUND
 * for a tarball or a path that is none, USAGE for any other path beside a location, and as `Locations.open`.
 */
export async function findBackup(named: string, options: FindBackupOptions): Promise<FoundBackup> {
  const { from, locations, workingFolder, signal } = options;
  if (!/[/\\]|^\.{1,2}$/.test(named) && !archiveSuffix.test(named)) {
    const store = await locations.open(from);
    return {
      kind: 'stored',
      uri: uriBelow(store.uri, `backups/${named}`),
      store,
      name: named,
      files: backupFiles(named),
    };
  }
  if (from !== undefined && isArchiveName(named)) {
    const store = await locations.open(from);
    return await findInStore(store, named, uriBelow(store.uri, named), signal);
  }
  if (from !== undefined) {
    throw new AppError('USAGE', `${named} is the path of a backup, and ${from} a place to look for a name`, {
      hint: 'give the name alone, or leave out --from',
    });
  }
  const path = resolve(workingFolder, named);
  return archiveSuffix.test(path) ? findTarball(path, signal) : findFolder(path);
}

/** Opens a backup that {@link findBackup} found. Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT. */
export async function openFoundBackup(found: FoundBackup, options: OpenFoundOptions = {}): Promise<Backup> {
  try {
    return await openOwn(found, options);
  } catch (error) {
    // A tarball of another tool looks damaged: it does not end as ours do.
    if (!isAppError(error, 'BACKUP_NOT_FOUND') && !(found.kind === 'tarball' && isAppError(error, 'BACKUP_DAMAGED')))
      throw error;
    const other = await options.openOther?.(found);
    if (other === undefined) throw error;
    return other;
  }
}

async function openOwn(found: FoundBackup, { keyring, signal }: OpenFoundOptions): Promise<Backup> {
  switch (found.kind) {
    case 'stored':
      return openBackup(found.store, found.name, { files: found.files, keyring, signal });
    case 'tarball':
      return openArchiveFile(found.archive, keyring);
    case 'path':
      throw noBackup(found.uri, 'neither a summary of a backup nor manifests lie there');
  }
}

/** Whether the text is the name of a file, not a path, that an archive of any tool may have. */
function isArchiveName(text: string): boolean {
  return !/[/\\]/.test(text) && archiveSuffix.test(text);
}

/** The files at a location's root that {@link findBackup} takes for archives beside it, by their names. */
export async function listArchiveNames(store: Store, signal?: AbortSignal): Promise<readonly string[]> {
  return (await Array.fromAsync(store.listNames('', signal))).filter(isArchiveName);
}

function findTarball(path: string, signal: AbortSignal | undefined): Promise<FoundBackup> {
  return findInStore(openFileStore(dirname(path)), basename(path), path, signal);
}

/** A tarball at the root of a store, with the summary beside it where there is one. */
async function findInStore(
  store: Store,
  key: string,
  uri: string,
  signal: AbortSignal | undefined,
): Promise<FoundBackup> {
  if (!isKeySegment(key)) {
    throw new AppError('USAGE', `${uri} cannot be read under that name`, {
      hint: 'rename the file: letters, digits and ._:+@=- will do',
    });
  }
  const name = key.replace(archiveSuffix, '');
  const files = backupFiles(name, '');
  if ((await store.stat(files.summary, signal)) !== undefined) return { kind: 'stored', uri, store, name, files };
  const entry = await store.stat(key, signal);
  if (entry === undefined) throw noBackup(uri, 'there is no such file');
  return { kind: 'tarball', uri, archive: storeSource(store, key, entry.sizeBytes, signal) };
}

/** By the one summary in it; a folder without one may be of another tool. */
async function findFolder(path: string): Promise<FoundBackup> {
  const entries = await readdir(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') throw noBackup(path, 'there is no such folder');
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw diskError(error, `could not read the folder ${path}`);
  });
  if (entries === undefined) return { kind: 'path', uri: path };
  const [name, ...others] = entries.flatMap((entry) => backupNameOfSummary(entry) ?? []).sort();
  if (name === undefined && entries.includes('backups')) {
    throw noBackup(path, 'it is a location', `name a backup of it: NAME --from ${shellWord(path)}`);
  }
  if (name === undefined) {
    const folder = basename(path);
    if (!entries.includes(`${folder}${tarSuffix}`)) return { kind: 'path', uri: path };
    return { kind: 'stored', uri: path, store: openFileStore(path), name: folder, files: backupFiles(folder, '') };
  }
  if (others.length > 0) {
    throw noBackup(path, 'several lie in it', `name the tarball of one: ${join(path, `${name}${tarSuffix}`)}`);
  }
  return { kind: 'stored', uri: path, store: openFileStore(path), name, files: backupFiles(name, '') };
}

function noBackup(path: string, why: string, hint?: string): AppError {
  return new AppError('BACKUP_NOT_FOUND', `${path} is no backup: ${why}`, { hint, refs: [path] });
}
