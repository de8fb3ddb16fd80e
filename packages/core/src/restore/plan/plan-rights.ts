import { formatRight, type Right, type RightsReviewer } from '../../cluster/rights.ts';
import type { PlannedObject, PlanWarning } from '../restore-plan.ts';

/** What the user lacks for a plan. */
export interface RightsReview {
  /** Without these the plan is not carried out. */
  readonly missing: readonly Right[];
  /** Without these it is, and leaves something behind. */
  readonly warnings: readonly PlanWarning[];
}

const verbsOf: Readonly<Record<string, readonly Right['verb'][]>> = {
  create: ['create'],
  update: ['update'],
  replace: ['delete', 'create'],
  delete: ['delete'],
};

/**
 * Reviews every right that the plan's writes need: each once, for all namespaces first and then, where that is not
 * given, for each namespace of the plan.
 */
export async function reviewRights(
  objects: readonly PlannedObject[],
  reviewer: RightsReviewer,
  signal: AbortSignal | undefined,
): Promise<RightsReview> {
  const needed: Right[] = [];
  const status: Right[] = [];
  const ownership: Right[] = [];
  for (const { ref, verdict, write } of objects) {
    if (write === undefined) continue;
    const { type, namespace } = ref;
    const verbs = verbsOf[verdict] ?? [];
    for (const verb of verbs) needed.push({ verb, type, namespace });
    if (verdict === 'delete') continue;
    if (write.status) status.push({ verb: 'update', type, subresource: 'status', namespace });
    if (!verbs.includes('update')) ownership.push({ verb: 'update', type, namespace });
  }
  const missing = await findMissing(needed, reviewer, signal);
  // Who lacks the first ones is told those alone.
  if (missing.length > 0) return { missing, warnings: [] };
  const warnings: PlanWarning[] = [];
  for (const [loses, rights] of [['status', status] as const, ['ownership', ownership] as const]) {
    const lacking = await findMissing(rights, reviewer, signal);
    if (lacking.length > 0) warnings.push({ kind: 'lesser-rights', rights: lacking, loses });
  }
  return { missing, warnings };
}

async function findMissing(
  rights: readonly Right[],
  reviewer: RightsReviewer,
  signal: AbortSignal | undefined,
): Promise<readonly Right[]> {
  const distinct = new Map(rights.map((right) => [formatRight(right), right]));
  const everywhere = new Map<string, Right>();
  for (const right of distinct.values()) {
    const wide = { ...right, namespace: undefined };
    everywhere.set(formatRight(wide), wide);
  }
  const wideRights = [...everywhere.values()];
  const given = await reviewer.review(wideRights, signal);
  const missingWide = new Set(wideRights.filter((_, index) => given[index] !== true).map(formatRight));
  const open = [...distinct.values()].filter((right) =>
    missingWide.has(formatRight({ ...right, namespace: undefined })),
  );
  const inNamespaces = open.filter(({ namespace }) => namespace !== undefined);
  const givenThere = await reviewer.review(inNamespaces, signal);
  const allowed = new Set(inNamespaces.filter((_, index) => givenThere[index] === true));
  return open.filter((right) => !allowed.has(right));
}
