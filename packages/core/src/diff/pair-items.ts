import type { PathStep } from './change-path.ts';
import type { Shape } from './list-keys.ts';
import { isNothing, isObject, own, sameJson } from './same-json.ts';

/** Two items of a list that stand for the same thing; one of them is undefined when the other is new or gone. */
export interface ItemPair {
  readonly step: PathStep;
  readonly before: unknown;
  readonly after: unknown;
}

/** Which items of two lists belong together. */
export interface Pairing {
  /** In the order of `before`, then the items that only `after` has. */
  readonly pairs: readonly ItemPair[];
  /** The order of the list says something, and the items of both stand in another one. */
  readonly reordered: boolean;
  /** The order of the list says nothing. */
  readonly free: boolean;
}

/**
 * Pairs the items of a list by key, by element of a set, or by place.
 *
 * By place, what is equal at both ends is left alone, so an item that came or went does not shift the others. Lists
 * whose items repeat a key or lack it (two `env` of one name are legal) are paired by place too.
 */
export function pairItems(before: readonly unknown[], after: readonly unknown[], shape: Shape | undefined): Pairing {
  const keyOf = shape?.set === true ? elementStep : shape?.keys === undefined ? undefined : keyStep(shape.keys);
  const left = keyOf && itemsByKey(before, keyOf);
  const right = keyOf && itemsByKey(after, keyOf);
  if (left === undefined || right === undefined) return pairByPlace(before, after);

  const pairs: ItemPair[] = [];
  for (const [key, { step, item }] of left) pairs.push({ step, before: item, after: right.get(key)?.item });
  for (const [key, { step, item }] of right) if (!left.has(key)) pairs.push({ step, before: undefined, after: item });
  if (shape?.ordered !== true) return { pairs, reordered: false, free: true };
  const stayed = [...left.keys()].filter((key) => right.has(key));
  const now = [...right.keys()].filter((key) => left.has(key));
  return { pairs, reordered: stayed.some((key, place) => key !== now[place]), free: false };
}

type KeyOf = (item: unknown) => PathStep | undefined;

function elementStep(item: unknown): PathStep | undefined {
  return isNothing(item) || typeof item === 'object' ? undefined : { element: item };
}

function keyStep(names: readonly string[]): KeyOf {
  return (item) => {
    if (!isObject(item)) return undefined;
    const members = names.map((name) => [name, own(item, name)] as const).filter(([, value]) => !isNothing(value));
    return members.length === 0 ? undefined : { key: Object.fromEntries(members) };
  };
}

/** Undefined when two items have one key, or one has none. */
function itemsByKey(
  list: readonly unknown[],
  keyOf: KeyOf,
): Map<string, { readonly step: PathStep; readonly item: unknown }> | undefined {
  const items = new Map<string, { step: PathStep; item: unknown }>();
  for (const item of list) {
    const step = keyOf(item);
    if (step === undefined) return undefined;
    const key = JSON.stringify(step);
    if (items.has(key)) return undefined;
    items.set(key, { step, item });
  }
  return items;
}

function pairByPlace(before: readonly unknown[], after: readonly unknown[]): Pairing {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameJson(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shorter - start && sameJson(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const pairs: ItemPair[] = [];
  for (let place = start; place < Math.max(before.length, after.length) - end; place += 1) {
    const old = place < before.length - end ? before[place] : undefined;
    const fresh = place < after.length - end ? after[place] : undefined;
    pairs.push({ step: { index: place }, before: old, after: fresh });
  }
  return { pairs, reordered: false, free: false };
}
