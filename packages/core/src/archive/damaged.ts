import { AppError } from '../errors/app-error.ts';

/** The error for bytes of a backup that are missing, changed or contradict each other: what is wrong, and where. */
export function damaged(what: string, cause?: unknown): AppError {
  return new AppError('BACKUP_DAMAGED', what, {
    hint: '`kubectl infrabackup verify` names everything that is damaged; the rest can still be read',
    cause,
  });
}
