import { AppError } from '@infrabackup/core';

/** The error for an archive of another tool that cannot be read: what it is, and why. */
export function unreadable(archive: string, why: string): AppError {
  return new AppError('BACKUP_DAMAGED', `${archive} cannot be read: ${why}`, {
    hint: 'nothing of it was written anywhere; get it again from where it was made',
    refs: [archive],
  });
}
