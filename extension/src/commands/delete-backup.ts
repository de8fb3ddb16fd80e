import { deleteBackup as deleteFromStore } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { Command } from '../app.ts';
import { backupFrom, isNode } from '../pick.ts';
import { objectCount } from '../views/backup-views.ts';
import { formatCount, formatWhen } from '../views/quantity.ts';
import { withProgress } from '../with-progress.ts';

/** Deletes a backup for good, after a confirmation that names what is lost. */
export const deleteBackup: Command = {
  id: 'infrabackup.deleteBackup',
  async run(app, node) {
    const broken = isNode(node, 'broken-backup') ? node : undefined;
    const backup = broken === undefined ? await backupFrom(app, node, 'Delete which backup?') : undefined;
    const name = broken?.name ?? backup!.summary.name;
    const { location } = (broken ?? backup!).parent;
    const what =
      backup === undefined
        ? 'It cannot be read.'
        : `${formatCount(objectCount(backup.summary), 'object')}, taken ${formatWhen(backup.summary.startedAt, app.host.clock.now())}.`;
    const confirmed = await vscode.window.showWarningMessage(
      `Delete backup ${name}?`,
      { modal: true, detail: `${what}\nIn ${location}. This cannot be undone.` },
      // Enter presses the first button, so that is one that deletes nothing.
      'Keep',
      'Delete',
    );
    if (confirmed !== 'Delete') return;
    const { backupWriter } = await import('@infrabackup/storage');
    await withProgress({ title: `Deleting ${name}`, where: { viewId: 'infrabackup.backups' } }, async (signal) => {
      await deleteFromStore(await app.locations.open(location), name, { writer: backupWriter(app.host.clock), signal });
    });
    app.log.info(`deleted backup ${name} in ${location}`);
    app.backups.refresh();
    app.documents.refresh();
  },
};
