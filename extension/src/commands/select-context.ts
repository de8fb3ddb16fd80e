import type { Command } from '../app.ts';
import { pickOne } from '../pick.ts';

/** Chooses the context that counts in this workspace; the kubeconfig stays as it is. */
export const selectContext: Command = {
  id: 'infrabackup.selectContext',
  async run({ cluster }) {
    const { contexts, current, effective } = await cluster.contexts();
    const items = contexts.map(({ name, server, namespace }) => ({
      label: name === effective ? `$(check) ${name}` : name,
      description: [server, namespace].filter((part) => part !== undefined).join(' · '),
      name,
    }));
    const follow = {
      label: '$(sync) Follow the kubeconfig',
      description: current === undefined ? 'it sets no current context' : `now ${current}`,
      name: undefined,
    };
    const { name } = await pickOne([follow, ...items], 'Which cluster? (the kubeconfig is not changed)');
    await cluster.choose(name);
  },
};
