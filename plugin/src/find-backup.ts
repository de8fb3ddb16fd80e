import { basename, dirname, join, resolve } from 'node:path';
import {
  AppError,
  backupFiles,
  backupNameOfSummary,
  openArchiveFile,
  openBackup,
  storeSource,
  type ArchiveSource,
  type Backup,
  type BackupFiles,
  type Store,
} from '@infrabackup/core';
import { openLocation } from './open-location.ts';
import type { Shell } from './shell.ts';

/** Where a backup that the user named lies; whether it is there shows when it is read. */
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

/**
 * Finds a backup by its name in a location, or by the path of its folder or its tarball. What holds a slash (or is `.`
 * or ends in `.tar.gz`) is a path: names have no slash.
 *
 * Throws BACKUP_NOT_FOUND for a path that is none; USAGE for a path beside a location.
 */
export async function findBackup(named: string, from: string | undefined, shell: Shell): Promise<FoundBackup> {
  if (!/[/\\]|^\.{1,2}$|\.tar\.gz$/.test(named)) {
    const store = await openLocation(from, shell);
    return { kind: 'stored', uri: `${store.uri}/backups/${named}`, store, name: named, files: backupFiles(named) };
  }
  if (from !== undefined) throw new AppError('USAGE', `${named} is a path, which --from does not go with`);
  const path = resolve(shell.workingFolder, named);
  return named.endsWith('.tar.gz') ? await findTarball(path, shell) : await findFolder(path, shell);
}

/** Opens a backup that {@link findBackup} finds. Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT. */
export async function openFound(found: FoundBackup, signal: AbortSignal): Promise<Backup> {
  if (found.kind === 'tarball') return await openArchiveFile(found.archive);
  return await openBackup(found.store, found.name, { files: found.files, signal });
}

/** With the summary beside it, where there is one. */
async function findTarball(path: string, shell: Shell): Promise<FoundBackup> {
  const store = await openLocation(dirname(path), shell);
  const key = basename(path);
  const name = key.slice(0, -'.tar.gz'.length);
  const files = backupFiles(name, '');
  if ((await store.stat(files.summary, shell.signal)) !== undefined) {
    return { kind: 'stored', uri: path, store, name, files };
  }
  const entry = await store.stat(key, shell.signal);
  if (entry === undefined) throw noBackup(path, 'there is no such file');
  return { kind: 'tarball', uri: path, archive: storeSource(store, key, entry.sizeBytes, shell.signal) };
}

/** By the one summary in it. */
async function findFolder(path: string, shell: Shell): Promise<FoundBackup> {
  const store = await openLocation(path, shell);
  const names: string[] = [];
  for await (const { key } of store.list('', shell.signal)) {
    const name = key.includes('/') ? undefined : backupNameOfSummary(key);
    if (name !== undefined) names.push(name);
  }
  const [name] = names;
  if (name === undefined) throw noBackup(path, 'no backup summary lies in it');
  if (names.length > 1) {
    throw noBackup(path, `several lie in it: name a tarball, e.g. ${join(path, `${name}.tar.gz`)}`);
  }
  return { kind: 'stored', uri: path, store, name, files: backupFiles(name, '') };
}

function noBackup(path: string, why: string): AppError {
  return new AppError('BACKUP_NOT_FOUND', `${path} is no backup: ${why}`, { refs: [path] });
}
