import { AppError, isAppError } from '../errors/app-error.ts';
import { parseSummary } from '../archive/parse-summary.ts';
import type { BackupSummary } from '../archive/summary.ts';
import type { Store } from '../store/store.ts';
import { fromFlag } from './from-flag.ts';
import { backupFiles } from './backup-files.ts';

/**
 * A backup's summary, in one request.
 *
 * Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT. Its digest is not checked here: that is `verify`'s.
 */
export async function readSummary(
  store: Store,
  name: string,
  signal?: AbortSignal,
  files = backupFiles(name),
): Promise<BackupSummary> {
  let text: string;
  try {
    text = (await store.read(files.summary, undefined, signal)).toString();
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_FOUND')) throw notFound(store, name);
    throw error;
  }
  const summary = parseSummary(text);
  if (summary.name === name) return summary;
  throw new AppError('BACKUP_DAMAGED', `${files.summary} in ${store.uri} is the summary of ${summary.name}`, {
    hint: 'a backup cannot be renamed by renaming its files',
    refs: [name],
  });
}

/** The error for a name that the location has no backup of. */
export function notFound(store: Store, name: string): AppError {
  return new AppError('BACKUP_NOT_FOUND', `${store.uri} has no backup ${name}`, {
    hint: `see what it has: kubectl infrabackup list${fromFlag(store)}`,
    refs: [name],
  });
}
