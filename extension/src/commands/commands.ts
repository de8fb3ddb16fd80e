import type { Command } from '../app.ts';
import { addLocation } from './add-location.ts';
import { clearFilter } from './clear-filter.ts';
import { compareWithBackup } from './compare-with-backup.ts';
import { compareWithFile } from './compare-with-file.ts';
import { compareWithLive } from './compare-with-live.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { describeBackup } from './describe-backup.ts';
import { filterBackups } from './filter-backups.ts';
import { openObject } from './open-object.ts';
import { refresh } from './refresh.ts';
import { selectContext } from './select-context.ts';
import { showLog } from './show-log.ts';
import { showMore } from './show-more.ts';

/** Every command of package.json. */
export const commands: readonly Command[] = [
  addLocation,
  clearFilter,
  compareWithBackup,
  compareWithFile,
  compareWithLive,
  createBackup,
  deleteBackup,
  describeBackup,
  filterBackups,
  openObject,
  refresh,
  selectContext,
  showLog,
  showMore,
];
