import type { Command } from '../app.ts';
import { executeAgain } from '../execute-restore.ts';
import { tellRestored } from '../tell-restored.ts';
import { isRunNode } from '../views/run-nodes.ts';
import { withProgress } from '../with-progress.ts';

/** Goes on with a restore that was cancelled or cut off. */
export const resumeRestore: Command = {
  id: 'infrabackup.resumeRestore',
  async run(app, node) {
    if (!isRunNode(node)) return;
    const { head, plan } = node.run;
    const title = `Resuming the restore of ${plan.backup.name}`;
    try {
      await withProgress({ title, where: 'notification' }, (signal, show) => executeAgain(app, head.id, signal, show));
    } finally {
      app.restores.refresh();
      app.documents.refresh();
    }
    await tellRestored(app, head.id);
  },
};
