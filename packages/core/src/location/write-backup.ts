import { AppError, isAppError } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { writeTogether } from '../store/write-together.ts';
import { fromFlag } from './from-flag.ts';

/**
 * Lets `write` write, or remove, a backup: in a store that can do that, all at once. As `writeTogether`, but where
 * somebody else was faster with the same name it throws BACKUP_EXISTS.
 */
export async function writeBackupTogether<T>(
  store: Store,
  name: string,
  title: string,
  signal: AbortSignal | undefined,
  write: (store: Store) => Promise<T>,
): Promise<T> {
  try {
    return await writeTogether(store, title, signal, write);
  } catch (error) {
    if (!isAppError(error, 'STORE_EXISTS')) throw error;
    throw new AppError(
      'BACKUP_EXISTS',
      `the backup ${name} in ${store.uri} was written or deleted by another process meanwhile; it is as that one left it`,
      { hint: `see what is there: kubectl infrabackup list${fromFlag(store)}`, refs: [name], cause: error },
    );
  }
}
