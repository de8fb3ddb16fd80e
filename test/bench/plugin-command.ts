import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { launcher } from '../support/plugin.ts';
import type { Command } from './measure.ts';

/** The plugin as the cluster's admin, with all that it keeps for a user in the folder. The first word is the verb. */
export function pluginCommand(folder: string, cluster: Cluster, verb: string, ...words: readonly string[]): Command {
  return {
    name: verb,
    args: [process.execPath, launcher, verb, ...words, '--kubeconfig', cluster.clusterAdmin.kubeconfigPath],
    env: { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') },
  };
}
