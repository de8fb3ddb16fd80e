import { join } from 'node:path';
import { launcher } from '../support/plugin.ts';
import type { Command } from './measure.ts';

/** The plugin as that user, with all that it keeps for one in the folder. The first word is the verb. */
export function pluginCommand(folder: string, kubeconfig: string, verb: string, ...words: readonly string[]): Command {
  return {
    name: verb,
    args: [process.execPath, launcher, verb, ...words, '--kubeconfig', kubeconfig],
    env: { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') },
  };
}
