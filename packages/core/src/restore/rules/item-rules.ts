import type { Manifest } from '../../object/manifest.ts';
import type { Draft } from '../draft.ts';
import { removeAt, takeFrom } from '../field-path.ts';
import type { PlanNote } from '../plan-note.ts';
import { accountSecrets, tokenSecrets } from './account-tokens.ts';
import { definitionVersions, preservedUnknownFields } from './definition-versions.ts';
import { aggregatedRoles, autoscaledReplicas } from './derived-fields.ts';
import type { ItemRule, RuleContext } from './item-rule.ts';
import { jobSelector } from './job-selector.ts';
import { interruptedDeletion, liveFinalizers } from './lifetime.ts';
import { podTokenVolumes } from './pod-token-volumes.ts';
import { rancherAgents } from './rancher-agents.ts';
import { serverFields } from './server-fields.ts';
import { serviceAddresses } from './service-addresses.ts';
import { claimedVolume } from './volume-binding.ts';
import { webhookCertificates, webhookSideEffects } from './webhook-configurations.ts';

/** All rules that need more than a path; those that do not are rows of {@link serverFields}. */
export const itemRules: readonly ItemRule[] = [
  interruptedDeletion,
  liveFinalizers,
  serviceAddresses,
  claimedVolume,
  podTokenVolumes,
  jobSelector,
  tokenSecrets,
  accountSecrets,
  aggregatedRoles,
  autoscaledReplicas,
  preservedUnknownFields,
  definitionVersions,
  webhookCertificates,
  webhookSideEffects,
  rancherAgents,
];

/**
 * Edits the backup's object into what can be sent: created, or put in the place of `live`.
 *
 * The draft still has its managed fields, which some rules ask. Gives what a person should know, in the table's order.
 */
export function applyItemRules(draft: Draft, live: Manifest | undefined, context: RuleContext): readonly PlanNote[] {
  const { type } = context.ref;
  const notes: (PlanNote | undefined)[] = [];
  for (const rule of itemRules) {
    if (!rule.types.includes(type) && !rule.types.includes('*')) continue;
    notes.push(live === undefined ? rule.create?.(draft, context) : rule.update?.(draft, live, context));
  }
  for (const row of serverFields) {
    if (!row.types.includes(type)) continue;
    for (const field of row.fields) {
      if (live === undefined && row.onCreate === 'drop') removeAt(draft, field);
      else if (live !== undefined && row.onUpdate === 'live') takeFrom(live, draft, field);
    }
  }
  return notes.filter((note) => note !== undefined);
}
