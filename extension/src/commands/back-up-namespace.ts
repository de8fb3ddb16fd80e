import type { Command } from '../app.ts';
import { clusterTarget } from '../cluster/contribute-nodes.ts';
import { backUp } from './create-backup.ts';

/** Backs up the namespace whose menu in the Kubernetes extension's tree was opened. */
export const backUpNamespace: Command = {
  id: 'infrabackup.backUpNamespace',
  async run(app, argument) {
    const target = await clusterTarget(app, argument);
    if (target?.kind !== 'Namespace') return;
    await backUp(app, await app.cluster.open(), { selection: { rules: [{ includeNamespaces: [target.name] }] } });
  },
};
