import type { Manifest } from '../../object/manifest.ts';
import { childOf, copyJson, isDraft, itemsOf, textOf, type Draft } from '../draft.ts';
import type { ItemRule } from './item-rule.ts';

/** The volumes through which admission gives a pod its service account's token. */
export const podTokenVolumes: ItemRule = {
  id: 'pod-token-volumes',
  types: ['pods'],
  reason: 'admission mounts the token under a random name; an old volume names a Secret that is gone',
  source:
    'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting',
  create: (draft) => dropTokens(draft),
  update: (draft, live) => {
    dropTokens(draft);
    takeTokens(draft, live);
    return undefined;
  },
};

function dropTokens(draft: Draft): undefined {
  const isToken = tokenTest(draft);
  for (const [holder, member] of tokenHolders(draft)) {
    const list = holder[member];
    if (Array.isArray(list)) holder[member] = list.filter((item) => !isToken(item));
  }
}

/** Live tokens go last, where admission appends them. */
function takeTokens(draft: Draft, live: Manifest): void {
  const isToken = tokenTest(live);
  const liveHolders = tokenHolders(live);
  for (const [holder, member] of tokenHolders(draft)) {
    const same = liveHolders.find(([other, name]) => name === member && other['name'] === holder['name']);
    const list = same?.[0][member];
    const tokens = Array.isArray(list) ? list.filter(isToken) : [];
    if (tokens.length === 0) continue;
    const rest = holder[member];
    holder[member] = [...(Array.isArray(rest) ? (rest as unknown[]) : []), ...tokens.map(copyJson)];
  }
}

function tokenTest(pod: unknown): (item: unknown) => boolean {
  const account = textOf(childOf(pod, 'spec'), 'serviceAccountName') ?? 'default';
  return (item) => {
    const name = textOf(item, 'name') ?? '';
    return name.startsWith(`${account}-token-`) || name.startsWith('kube-api-access-');
  };
}

/** Where tokens may stand: the pod's volumes, and the mounts of each container. */
function tokenHolders(pod: unknown): readonly (readonly [Draft, 'volumes' | 'volumeMounts'])[] {
  const spec = childOf(pod, 'spec');
  const containers = [...itemsOf(spec, 'containers'), ...itemsOf(spec, 'initContainers')];
  return [
    ...(isDraft(spec) ? [[spec, 'volumes'] as const] : []),
    ...containers.map((container) => [container, 'volumeMounts'] as const),
  ];
}
