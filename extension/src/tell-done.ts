import { summarizeRun } from '@infrabackup/core';
import * as vscode from 'vscode';
import type { App } from './app.ts';
import { userRuns } from './user-runs.ts';
import { describeOutcomes } from './views/run-nodes.ts';

/** Says how a restore or an undo ended; its buttons are not waited for. */
export async function tellDone(app: App, id: string): Promise<void> {
  const summary = summarizeRun(await (await userRuns(app)).store.read(id));
  const { head, backup, cluster, status } = summary;
  const what = head.kind === 'undo' ? 'Undid the restore of' : 'Restored';
  const where = cluster.context ?? cluster.server;
  const message = `${what} ${backup.name} into ${where}: ${describeOutcomes(summary)}.`;
  app.log.info(message);
  void offer(app, id, message, status === 'partial');
}

async function offer(app: App, id: string, message: string, isPartial: boolean): Promise<void> {
  const [show, undo, showLog] = ['Show Results', 'Undo…', 'Show Log'];
  const choice = await (isPartial
    ? vscode.window.showWarningMessage(message, show, undo, showLog)
    : vscode.window.showInformationMessage(message, show, undo, showLog));
  if (choice === show) await vscode.commands.executeCommand('infrabackup.restores.focus');
  if (choice === undo) await vscode.commands.executeCommand('infrabackup.undoRestore', id);
  if (choice === showLog) app.log.show();
}
