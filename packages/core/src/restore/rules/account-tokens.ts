import type { Manifest } from '../../object/manifest.ts';
import { childOf, copyJson, itemsOf, textOf, type Draft } from '../draft.ts';
import { removeAt, takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';

const source = 'https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets';
const filledIn = [
  '/data/token',
  '/data/ca.crt',
  '/data/namespace',
  '/metadata/annotations/kubernetes.io~1service-account.uid',
  '/metadata/labels/kubernetes.io~1legacy-token-last-used',
  '/metadata/labels/kubernetes.io~1legacy-token-invalid-since',
];

/** Secrets of type service-account-token: asked for by their author, filled in by the token controller. */
export const tokenSecrets: ItemRule = {
  id: 'token-secrets',
  types: ['secrets'],
  reason: 'a token is signed for one service account of one cluster; the controller fills in a fresh one',
  source,
  create: (draft) => {
    if (isToken(draft)) for (const path of filledIn) removeAt(draft, path);
    return undefined;
  },
  update: (draft, live) => {
    if (isToken(draft)) for (const path of filledIn) takeFrom(live, draft, path);
    return undefined;
  },
};

function isToken(draft: Draft): boolean {
  return draft['type'] === 'kubernetes.io/service-account-token';
}

/** The Secrets that clusters before 1.24 made for each service account, and OpenShift still makes for its registry. */
export const accountSecrets: ItemRule = {
  id: 'account-secrets',
  types: ['serviceaccounts'],
  reason: 'the Secrets that a controller made for the old account are not those of the new one',
  source:
    'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#auto-generated-legacy-serviceaccount-token-clean-up',
  create: (draft) => keepChosen(draft, undefined),
  update: (draft, live) => keepChosen(draft, live),
};

function keepChosen(draft: Draft, live: Manifest | undefined): undefined {
  const account = textOf(childOf(draft, 'metadata'), 'name') ?? '';
  const isMade = (item: Draft): boolean =>
    [`${account}-token-`, `${account}-dockercfg-`].some((prefix) => textOf(item, 'name')?.startsWith(prefix) === true);
  for (const member of ['secrets', 'imagePullSecrets']) {
    const kept = itemsOf(draft, member).filter((item) => !isMade(item));
    const made = itemsOf(live, member).filter(isMade);
    if (kept.length + made.length === 0) removeAt(draft, `/${member}`);
    else draft[member] = [...made.map(copyJson), ...kept];
  }
}
