import type { Command } from '../app.ts';
import { addLocation } from './add-location.ts';
import { backUpNamespace } from './back-up-namespace.ts';
import { carryOutUndo } from './carry-out-undo.ts';
import { changePolicy } from './change-policy.ts';
import { clearFilter } from './clear-filter.ts';
import { closePreview } from './close-preview.ts';
import { compareWithBackup } from './compare-with-backup.ts';
import { compareWithFile } from './compare-with-file.ts';
import { compareWithLive } from './compare-with-live.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { describeBackup } from './describe-backup.ts';
import { filterBackups } from './filter-backups.ts';
import { openChange } from './open-change.ts';
import { openChanges } from './open-changes.ts';
import { openObject } from './open-object.ts';
import { openResult } from './open-result.ts';
import { previewRestore } from './preview-restore.ts';
import { refresh } from './refresh.ts';
import { restorePicked } from './restore-picked.ts';
import { removeLocation } from './remove-location.ts';
import { resumeRestore } from './resume-restore.ts';
import { selectContext } from './select-context.ts';
import { showHistory } from './show-history.ts';
import { showLog } from './show-log.ts';
import { showMore } from './show-more.ts';
import { undoRestore } from './undo-restore.ts';

/** Every command of package.json. */
export const commands: readonly Command[] = [
  addLocation,
  backUpNamespace,
  carryOutUndo,
  changePolicy,
  clearFilter,
  closePreview,
  compareWithBackup,
  compareWithFile,
  compareWithLive,
  createBackup,
  deleteBackup,
  describeBackup,
  filterBackups,
  openChange,
  openChanges,
  openObject,
  openResult,
  previewRestore,
  refresh,
  removeLocation,
  restorePicked,
  resumeRestore,
  selectContext,
  showHistory,
  showLog,
  showMore,
  undoRestore,
];
