import type { Command } from '../app.ts';
import { isResultNode } from '../views/run-nodes.ts';

/** Opens what a restore changed of one object: as it was before, left, and as it is now. */
export const openResult: Command = {
  id: 'infrabackup.openResult',
  async run(app, node) {
    if (!isResultNode(node)) return;
    const { head, plan } = node.parent.run;
    const { ref } = node.object;
    const context = plan.cluster.context ?? (await app.cluster.contextName());
    await app.documents.compare({ from: 'kept', run: head.id, ref }, { from: 'live', context, ref });
  },
};
