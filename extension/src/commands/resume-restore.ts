import type { Command } from '../app.ts';
import { resumeRun } from '../resume-run.ts';
import { isRunNode } from '../views/run-nodes.ts';

/** Goes on with a restore, or an undo, that was cancelled or cut off. */
export const resumeRestore: Command = {
  id: 'infrabackup.resumeRestore',
  async run(app, node) {
    if (isRunNode(node)) await resumeRun(app, node.run.head.id);
  },
};
