import { sameJson } from '../../diff/same-json.ts';
import { shapeOf, type Shape } from '../../diff/list-keys.ts';
import type { Manifest } from '../../object/manifest.ts';
import { copyJson, isDraft, setMember, type Draft } from '../draft.ts';

/**
 * The object with a strategic merge patch applied: as a merge patch, but lists with merge keys are merged item by item.
 *
 * Knows the directives `$patch: replace | delete | merge`, `$deleteFromPrimitiveList` and `$retainKeys`; an order that
 * `$setElementOrder` asks for means nothing in lists with keys, and is left aside.
 *
 * Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMerge(object: Draft, patch: Draft): Draft {
  return mergeObject(object, patch, shapeOf(object as unknown as Manifest)) ?? {};
}

/** Undefined when the patch deletes it. */
function mergeObject(object: Draft, patch: Draft, shape: Shape | undefined): Draft | undefined {
  const directive = patch['$patch'];
  if (directive === 'delete') return undefined;
  if (directive === 'replace') return withoutDirectives(patch) as Draft;
  const retained = Array.isArray(patch['$retainKeys']) ? (patch['$retainKeys'] as unknown[]) : undefined;
  const merged: Draft = {};
  for (const key of Object.keys(object)) {
    if (retained === undefined || retained.includes(key)) setMember(merged, key, object[key]);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      deleteElements(merged, key.slice('$deleteFromPrimitiveList/'.length), value);
    } else if (!key.startsWith('$')) {
      setOrDelete(merged, key, mergeValue(own(merged, key), value, shape?.member(key)));
    }
  }
  return merged;
}

function mergeValue(before: unknown, patch: unknown, shape: Shape | undefined): unknown {
  if (patch === null) return undefined;
  if (isDraft(patch)) return mergeObject(isDraft(before) ? before : {}, patch, shape);
  if (!Array.isArray(patch)) return patch;
  const items = patch as readonly unknown[];
  const list = Array.isArray(before) ? (before as readonly unknown[]) : [];
  const isReplaced = items.some(
    (item) => isDraft(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1,
  );
  if (isReplaced) return items.filter((item) => !isDraft(item) || item['$patch'] !== 'replace').map(withoutDirectives);
  if (shape?.set === true) return [...list, ...items.filter((item) => !list.some((other) => sameJson(other, item)))];
  const key = shape?.keys?.[0];
  return key === undefined ? items.map(withoutDirectives) : mergeItems(list, items, key, shape?.items);
}

/** Strategic merge goes by the first key alone; items that the list lacks are added at its end. */
function mergeItems(
  list: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  shape: Shape | undefined,
): unknown[] {
  const merged = [...list];
  for (const item of patch) {
    if (!isDraft(item)) continue;
    const at = merged.findIndex((other) => isDraft(other) && sameJson(other[key], item[key]));
    const before = merged[at];
    const after = mergeObject(isDraft(before) ? before : {}, item, shape);
    if (at < 0 && after !== undefined) merged.push(after);
    else if (at >= 0) merged.splice(at, 1, ...(after === undefined ? [] : [after]));
  }
  return merged;
}

function deleteElements(object: Draft, key: string, elements: unknown): void {
  const list = own(object, key);
  if (!Array.isArray(list) || !Array.isArray(elements)) return;
  setMember(
    object,
    key,
    list.filter((item) => !elements.some((element) => sameJson(element, item))),
  );
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isDraft(value)) return value;
  const plain: Draft = {};
  for (const [key, member] of Object.entries(value)) {
    if (!key.startsWith('$')) setMember(plain, key, withoutDirectives(copyJson(member)));
  }
  return plain;
}

function setOrDelete(object: Draft, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(object, key);
  else setMember(object, key, value);
}

function own(object: Draft, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
