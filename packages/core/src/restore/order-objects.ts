import { refKey, type ObjectRef } from '../object/ref.ts';
import { tierOf, tiers } from './order.ts';

/** An object to be written, as far as its place depends on it. */
export interface OrderedObject {
  readonly ref: ObjectRef;
  /** Owners that are created by the same plan. */
  readonly owners: readonly ObjectRef[];
}

/** When an object is written: all of a lower tier, then all of a lower depth, come before it. */
export interface Place {
  readonly tier: number;
  /** 0 unless it waits for others of the same tier. */
  readonly depth: number;
}

/** Where each object stands, and which references close a loop of owners. */
export interface ObjectOrder {
  /** In the order of the objects given. */
  readonly places: readonly Place[];
  /** References to leave out, as [dependent, owner]: no order has both before the other. Then order again. */
  readonly loops: readonly (readonly [ObjectRef, ObjectRef])[];
}

const definitionsType = 'customresourcedefinitions.apiextensions.k8s.io';
const definitionsTier = tierOf(definitionsType);

/**
 * Places every object in its tier, and after its namespace, its definition and its owners where the plan writes those.
 *
 * What owns a namespace or a definition (an operator's tenant, say) is written as early as that is possible, right after
 * the definitions: else everything in the namespace would have to wait for it. Cost: O(objects + references).
 */
export function orderObjects(objects: readonly OrderedObject[]): ObjectOrder {
  const byKey = new Map(objects.map((object) => [refKey(object.ref), object]));
  const early = earlyOwners(objects, byKey);
  const places = new Map<string, Place>();
  const loops: (readonly [ObjectRef, ObjectRef])[] = [];
  /** From the object that was asked for to the one that is being placed. */
  const path: { readonly object: OrderedObject; readonly isOwner: boolean }[] = [];

  const placeOf = (object: OrderedObject): Place => {
    const key = refKey(object.ref);
    const known = places.get(key);
    if (known !== undefined) return known;
    let place: Place = { tier: early.has(key) ? definitionsTier : tierOf(object.ref.type), depth: 0 };
    for (const { ref, isOwner } of prerequisites(object)) {
      const before = byKey.get(refKey(ref));
      if (before === undefined || before === object) continue;
      path.push({ object, isOwner });
      const start = path.findIndex((step) => step.object === before);
      if (start >= 0) loops.push(ownerStep(path.slice(start), before));
      else place = after(place, placeOf(before));
      path.pop();
    }
    places.set(key, place);
    return place;
  };
  return { places: objects.map(placeOf), loops };
}

function after(place: Place, before: Place): Place {
  if (before.tier > place.tier) return { tier: before.tier, depth: before.depth + 1 };
  if (before.tier === place.tier && before.depth >= place.depth) return { ...place, depth: before.depth + 1 };
  return place;
}

/** What must exist first. Only a reference to an owner can be left out. */
function prerequisites({
  ref,
  owners,
}: OrderedObject): readonly { readonly ref: ObjectRef; readonly isOwner: boolean }[] {
  return [
    ...(ref.namespace === undefined ? [] : [{ ref: { type: 'namespaces', name: ref.namespace }, isOwner: false }]),
    { ref: { type: definitionsType, name: ref.type }, isOwner: false },
    ...owners.map((owner) => ({ ref: owner, isOwner: true })),
  ];
}

/** The reference in a loop that is left out: the steps go around it, back to the object that it began with. */
function ownerStep(
  steps: readonly { readonly object: OrderedObject; readonly isOwner: boolean }[],
  first: OrderedObject,
): readonly [ObjectRef, ObjectRef] {
  const at = steps.findLastIndex((step) => step.isOwner);
  return [steps[at]!.object.ref, (steps[at + 1]?.object ?? first).ref];
}

/** Everything that owns a namespace or a definition, directly or not. */
function earlyOwners(
  objects: readonly OrderedObject[],
  byKey: ReadonlyMap<string, OrderedObject>,
): ReadonlySet<string> {
  const early = new Set<string>();
  const open = objects.filter(({ ref }) => tierOf(ref.type) <= definitionsTier);
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    for (const owner of object.owners) {
      const key = refKey(owner);
      const found = byKey.get(key);
      if (found === undefined || early.has(key)) continue;
      early.add(key);
      open.push(found);
    }
  }
  return early;
}

/** The name of the tier that a place is in; places past the last tier are those of pruned objects. */
export function tierName({ tier }: Place): string {
  return tiers[tier]?.name ?? 'pruned objects';
}
