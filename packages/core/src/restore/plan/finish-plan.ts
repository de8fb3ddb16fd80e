import type { ClusterReader, Discovery } from '../../cluster/reader.ts';
import type { RightsReviewer } from '../../cluster/rights.ts';
import { compareRefs, formatRef, refKey } from '../../object/ref.ts';
import { typeName, type ResourceType, type TypeName } from '../../object/resource-type.ts';
import { tierOf, tiers } from '../order.ts';
import { orderObjects, type Place } from '../order-objects.ts';
import type { OwnerDropReason } from '../plan-note.ts';
import {
  countVerdicts,
  isWrite,
  type PlannedObject,
  type PlanWarning,
  type RestorePlan,
  type Verdict,
} from '../restore-plan.ts';
import type { AllJudged, JudgedObject } from './judge-all.ts';
import { reviewRights } from './plan-rights.ts';
import { readWebhookHealth } from './webhook-health.ts';

/** What finishing a plan needs beside the judged objects. */
export interface FinishPlanInput {
  readonly head: Pick<RestorePlan, 'id' | 'key' | 'plannedAt' | 'backup' | 'cluster' | 'otherCluster' | 'options'>;
  readonly reader: ClusterReader;
  readonly discovery: Discovery;
  readonly rights: RightsReviewer;
  readonly signal: AbortSignal | undefined;
}

/** Puts the objects in their order, and says what stands in the way of the whole. */
export async function finishPlan(all: AllJudged, input: FinishPlanInput): Promise<RestorePlan> {
  const objects = placeObjects(all.objects);
  const types = typesOf(all);
  const { reader, discovery, rights, signal } = input;
  const [review, webhooks] = await Promise.all([
    reviewRights(objects, rights, signal),
    readWebhookHealth(objects, types, reader, discovery.types, signal),
  ]);
  return {
    ...input.head,
    types,
    objects,
    counts: countVerdicts(objects),
    warnings: [...webhooks, ...warningsOf(all, discovery), ...review.warnings],
    missingRights: review.missing,
  };
}

/** How the types of the plan's writes are reached. */
function typesOf({ compared, objects }: AllJudged): Readonly<Record<TypeName, ResourceType>> {
  const written = new Set(objects.filter(({ judged }) => isWrite(judged.verdict)).map(({ ref }) => ref.type));
  const types: Record<TypeName, ResourceType> = {};
  for (const { target } of compared) {
    const type = target.kind === 'unservable' ? undefined : target.type;
    if (type !== undefined && written.has(typeName(type))) types[typeName(type)] = type;
  }
  return types;
}

function warningsOf({ compared }: AllJudged, discovery: Discovery): readonly PlanWarning[] {
  const groups = new Set(compared.map(({ scope }) => scope.type.group));
  return [
    ...discovery.failures
      .filter(({ groupVersion }) => groups.has(groupVersion.split('/')[0]!))
      .map(({ groupVersion, message }) => ({ kind: 'undiscovered', groupVersion, message }) as const),
    ...compared.flatMap(({ target, warnings, scope }) => [
      ...(target.kind === 'served' && target.deprecated !== undefined
        ? [{ kind: 'deprecated', finding: { ...target.deprecated, count: scope.type.count } } as const]
        : []),
      ...warnings,
    ]),
  ];
}

/** A judged object on its way into the plan. */
interface Draft {
  readonly object: JudgedObject;
  owners: NonNullable<PlannedObject['write']>['owners'];
  notes: PlannedObject['notes'];
}

function placeObjects(judged: readonly JudgedObject[]): readonly PlannedObject[] {
  const drafts = judged.map((object): Draft => {
    return { object, owners: object.judged.write?.owners ?? [], notes: object.judged.notes };
  });
  const written = new Map<string, Draft>();
  for (const draft of drafts) {
    if (isCreated(draft.object.judged.verdict)) written.set(refKey(draft.object.ref), draft);
  }
  for (const draft of drafts) {
    for (const { ref, uid } of draft.owners) {
      if (uid === '' && !written.has(refKey(ref))) dropOwner(draft, refKey(ref), 'not-restored');
    }
  }
  const ordered = drafts.filter(
    ({ object }) => object.judged.write !== undefined && object.judged.verdict !== 'delete',
  );
  const asOrdered = ({ object, owners }: Draft) => {
    return { ref: object.ref, owners: owners.filter(({ ref }) => written.has(refKey(ref))).map(({ ref }) => ref) };
  };
  const byKey = new Map(ordered.map((draft) => [refKey(draft.object.ref), draft]));
  for (const [dependent, owner] of orderObjects(ordered.map(asOrdered)).loops) {
    dropOwner(byKey.get(refKey(dependent))!, refKey(owner), 'loop');
  }
  const { places } = orderObjects(ordered.map(asOrdered));
  const placeOf = new Map(ordered.map((draft, index) => [draft, places[index]!]));
  return drafts
    .map((draft) => planned(draft, placeOf.get(draft) ?? defaultPlace(draft.object)))
    .sort((a, b) => a.place.tier - b.place.tier || a.place.depth - b.place.depth || compareRefs(a.ref, b.ref));
}

/** Whether it has another uid afterwards. */
function isCreated(verdict: Verdict): boolean {
  return verdict === 'create' || verdict === 'replace';
}

function dropOwner(draft: Draft, key: string, reason: OwnerDropReason): void {
  const dropped = draft.owners.find(({ ref }) => refKey(ref) === key)!;
  draft.owners = draft.owners.filter((owner) => owner !== dropped);
  draft.notes = [...draft.notes, { kind: 'owner-dropped', owner: formatRef(dropped.ref), reason }];
}

/** Deletions come after all that is written, dependents before what they may need. */
function defaultPlace({ ref, judged }: JudgedObject): Place {
  const tier = tierOf(ref.type);
  return { tier: judged.verdict === 'delete' ? 2 * tiers.length - 1 - tier : tier, depth: 0 };
}

function planned({ object, owners, notes }: Draft, place: Place): PlannedObject {
  const { ref, source, judged } = object;
  const { verdict, reason, write } = judged;
  return {
    ref,
    ...(source !== undefined && { source }),
    verdict,
    ...(reason !== undefined && { reason }),
    notes,
    place,
    ...(write !== undefined && { write: { ...write, owners } }),
  };
}
