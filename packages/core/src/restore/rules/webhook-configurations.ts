import { childOf, itemsOf, textOf, type Draft } from '../draft.ts';
import { takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';

const types = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
];

/** Each webhook of a live configuration keeps the certificate authority that its back end answers with today. */
export const webhookCertificates: ItemRule = {
  id: 'webhook-certificates',
  types,
  reason: 'certificates are renewed: the live one is the one that works, and an older one makes every write fail',
  source: 'https://cert-manager.io/docs/concepts/ca-injector/',
  update: (draft, live) => {
    const liveHooks = itemsOf(live, 'webhooks');
    for (const hook of itemsOf(draft, 'webhooks')) {
      const same = liveHooks.find((other) => textOf(other, 'name') === textOf(hook, 'name'));
      if (childOf(same, 'clientConfig') !== undefined) takeFrom(same, hook, '/clientConfig/caBundle');
    }
    return undefined;
  },
};

/** Webhooks that were written as v1beta1 without saying that they have no side effects. */
export const webhookSideEffects: ItemRule = {
  id: 'webhook-side-effects',
  types,
  reason: 'admissionregistration.k8s.io/v1 takes None and NoneOnDryRun only',
  source: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects',
  create: nameSideEffects,
  update: nameSideEffects,
};

function nameSideEffects(draft: Draft): undefined {
  for (const hook of itemsOf(draft, 'webhooks')) {
    if (!['None', 'NoneOnDryRun'].includes(textOf(hook, 'sideEffects') ?? '')) hook['sideEffects'] = 'None';
  }
}
