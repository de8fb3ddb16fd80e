import { isAppError } from '../errors/app-error.ts';
import type { AppError } from '../errors/app-error.ts';
import type { BackupSummary } from '../archive/summary.ts';
import type { Store } from '../store/store.ts';
import { backupsPrefix } from './backup-files.ts';
import { isBackupName } from './backup-name.ts';
import { readSummary } from './read-summary.ts';

/** One backup of a location: its summary, or why that cannot be read. */
export type ListedBackup =
  | { readonly name: string; readonly summary: BackupSummary; readonly problem?: undefined }
  | { readonly name: string; readonly summary?: undefined; readonly problem: AppError };

/** Summaries read at a time. */
const concurrency = 8;

/**
 * The backups of a location, sorted by name.
 *
 * One listing of the names and one read a summary, eight at a time. What has no summary does not exist yet, or no more,
 * and is left out; its name is put into `others`, since it may be another tool's. A summary that cannot be read is data; only what concerns the whole location is thrown.
 */
export async function* listBackups(
  store: Store,
  signal?: AbortSignal,
  others: string[] = [],
): AsyncGenerator<ListedBackup> {
  const names: string[] = [];
  for await (const name of store.listNames(backupsPrefix, signal)) if (isBackupName(name)) names.push(name);
  names.sort();

  const reading: Promise<ListedBackup | undefined>[] = [];
  for (const name of names) {
    const next = readListed(store, name, signal).then((backup) => {
      if (backup === undefined) others.push(name);
      return backup;
    });
    // A failure is seen when its turn comes; a consumer that stops before that does not want to know.
    next.catch(() => undefined);
    reading.push(next);
    if (reading.length === concurrency) yield* shown(await reading.shift());
  }
  for (const backup of reading) yield* shown(await backup);
}

function shown(backup: ListedBackup | undefined): readonly ListedBackup[] {
  return backup === undefined ? [] : [backup];
}

async function readListed(
  store: Store,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ListedBackup | undefined> {
  try {
    return { name, summary: await readSummary(store, name, signal) };
  } catch (error) {
    if (isAppError(error, 'BACKUP_NOT_FOUND')) return undefined;
    if (isAppError(error, 'BACKUP_DAMAGED', 'BACKUP_FORMAT', 'STORE_DENIED')) return { name, problem: error };
    throw error;
  }
}
