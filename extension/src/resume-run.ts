import type { App } from './app.ts';
import { executeAgain } from './execute-run.ts';
import { tellDone } from './tell-done.ts';
import { userRuns } from './user-runs.ts';
import { withProgress } from './with-progress.ts';

/** Goes on with a run that was cancelled or cut off, with progress, and tells how it ended. */
export async function resumeRun(app: App, id: string): Promise<void> {
  const { head, plan } = await (await userRuns(app)).store.read(id);
  const title = `Resuming the ${head.kind === 'undo' ? 'undo of the restore' : 'restore'} of ${plan.backup.name}`;
  try {
    await withProgress({ title, where: 'notification' }, (signal, show) => executeAgain(app, id, signal, show));
  } finally {
    app.restores.refresh();
    app.documents.refresh();
  }
  await tellDone(app, id);
}
