import { childOf, textOf, type Draft } from '../draft.ts';
import { setAt, takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';

/** Clusters that Rancher and Fleet manage from afar: their agents hold tokens of the old service accounts. */
export const rancherAgents: ItemRule = {
  id: 'rancher-agents',
  types: ['clusters.fleet.cattle.io', 'clusters.provisioning.cattle.io', 'clusters.management.cattle.io'],
  reason: 'an agent is deployed again when its generation rises, and so gets a token that is valid',
  source: 'https://github.com/rancher/backup-restore-operator/blob/main/pkg/controllers/restore/controller.go',
  create: (draft) => {
    const field = generationField(draft);
    if (field === undefined) setAt(draft, forceDeploy, 'true');
    else setAt(draft, `/spec/${field}`, Number(childOf(draft, 'spec')?.[field] ?? 0) + 1);
    return undefined;
  },
  update: (draft, live) => {
    const field = generationField(draft);
    takeFrom(live, draft, field === undefined ? forceDeploy : `/spec/${field}`);
    return undefined;
  },
};

const forceDeploy = '/metadata/annotations/io.cattle.agent.force.deploy';

function generationField(draft: Draft): string | undefined {
  const group = textOf(draft, 'apiVersion')?.split('/')[0];
  if (group === 'fleet.cattle.io') return 'redeployAgentGeneration';
  return group === 'provisioning.cattle.io' ? 'redeploySystemAgentGeneration' : undefined;
}
