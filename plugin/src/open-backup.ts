import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  AppError,
  backupFiles,
  backupNameOfSummary,
  openArchiveFile,
  openBackup,
  storeSource,
  type Backup,
  type Store,
} from '@infrabackup/core';
import { openLocation } from './open-location.ts';
import type { Shell } from './shell.ts';

/** A backup that the user named, and where it was found. */
export interface NamedBackup {
  readonly backup: Backup;
  /** Where it lies, for people. */
  readonly uri: string;
}

/**
 * Opens a backup by its name in a location, or by the path of its folder or its tarball. What holds a slash (or is `.`
 * or ends in `.tar.gz`) is a path: names have none.
 *
 * Throws BACKUP_NOT_FOUND; USAGE for a path beside a location.
 */
export async function openNamedBackup(named: string, from: string | undefined, shell: Shell): Promise<NamedBackup> {
  if (!isPath(named)) {
    const store = await openLocation(from, shell);
    return { backup: await openBackup(store, named, { signal: shell.signal }), uri: `${store.uri}/backups/${named}` };
  }
  if (from !== undefined) {
    throw new AppError('USAGE', `${named} is a path, which --from does not go with`);
  }
  const path = isAbsolute(named) ? named : resolve(shell.workingFolder, named);
  return named.endsWith('.tar.gz') ? await openTarball(path, shell) : await openFolder(path, shell);
}

function isPath(named: string): boolean {
  return /[/\\]/.test(named) || named === '.' || named === '..' || named.endsWith('.tar.gz');
}

/** By the summary beside it, where there is one; else by what the tarball itself carries. */
async function openTarball(path: string, shell: Shell): Promise<NamedBackup> {
  const folder = await openLocation(dirname(path), shell);
  const key = basename(path);
  const name = key.slice(0, -'.tar.gz'.length);
  const files = backupFiles(name, '');
  if ((await folder.stat(files.summary, shell.signal)) !== undefined) {
    return { backup: await openBackup(folder, name, { files, signal: shell.signal }), uri: path };
  }
  const entry = await folder.stat(key, shell.signal);
  if (entry === undefined) throw notThere(path, 'there is no such file');
  return { backup: await openArchiveFile(storeSource(folder, key, entry.sizeBytes, shell.signal)), uri: path };
}

/** By the one summary in it. */
async function openFolder(path: string, shell: Shell): Promise<NamedBackup> {
  const folder = await openLocation(path, shell);
  const names = await summariesIn(folder, shell.signal);
  const [name] = names;
  if (name === undefined) throw notThere(path, 'no backup summary lies in it');
  if (names.length > 1)
    throw notThere(path, `several backups lie in it: name the tarball, e.g. ${join(path, name)}.tar.gz`);
  return { backup: await openBackup(folder, name, { files: backupFiles(name, ''), signal: shell.signal }), uri: path };
}

async function summariesIn(folder: Store, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { key } of folder.list('', signal)) {
    const name = key.includes('/') ? undefined : backupNameOfSummary(key);
    if (name !== undefined) names.push(name);
  }
  return names;
}

function notThere(path: string, why: string): AppError {
  return new AppError('BACKUP_NOT_FOUND', `${path} is no backup: ${why}`, { refs: [path] });
}
