import { childOf, type Draft } from '../draft.ts';
import { removeAt, setAt, takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';

/** Roles that are the sum of others. */
export const aggregatedRoles: ItemRule = {
  id: 'aggregated-roles',
  types: ['clusterroles.rbac.authorization.k8s.io'],
  reason: 'a controller writes the rules of a role with an aggregationRule from the roles that it selects',
  source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles',
  create: (draft) => {
    if (isAggregated(draft)) removeAt(draft, '/rules');
    return undefined;
  },
  update: (draft, live) => {
    if (isAggregated(draft)) takeFrom(live, draft, '/rules');
    return undefined;
  },
};

function isAggregated(draft: Draft): boolean {
  return childOf(draft, 'aggregationRule') !== undefined;
}

/** The size of what an autoscaler sizes. */
export const autoscaledReplicas: ItemRule = {
  id: 'autoscaled-replicas',
  types: ['*'],
  reason: 'the number of replicas follows the load of now, not that of the backup',
  source:
    'https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling',
  update: (draft, live, context) => {
    const replicas = childOf(live, 'spec')?.['replicas'];
    if (typeof replicas !== 'number' || replicas === childOf(draft, 'spec')?.['replicas']) return undefined;
    if (!context.isAutoscaled(context.ref)) return undefined;
    setAt(draft, '/spec/replicas', replicas);
    return { kind: 'replicas-live', replicas };
  },
};
