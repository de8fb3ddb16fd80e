import * as vscode from 'vscode';
import type { App } from './app.ts';
import { openRuns } from './execute-restore.ts';
import { describeResults } from './views/run-nodes.ts';

/** Says how a restore ended; its button is not waited for. */
export async function tellRestored(app: App, id: string): Promise<void> {
  const run = await (await openRuns(app)).read(id);
  const { plan, records } = run;
  const left = records.some((record) => record.kind === 'result' && record.result.outcome === 'left');
  const message = `Restored ${plan.backup.name} into ${plan.cluster.context ?? plan.cluster.server}: ${describeResults(run)}.`;
  app.log.info(message);
  void offer(app, message, left);
}

async function offer(app: App, message: string, left: boolean): Promise<void> {
  const [show, showLog] = ['Show Results', 'Show Log'];
  const choice = await (left
    ? vscode.window.showWarningMessage(message, show, showLog)
    : vscode.window.showInformationMessage(message, show, showLog));
  if (choice === show) await vscode.commands.executeCommand('infrabackup.restores.focus');
  if (choice === showLog) app.log.show();
}
