import { sameJson } from '../diff/same-json.ts';
import { isDraft, setMember, type Draft } from './draft.ts';

/**
 * The part of an object that one manager owns: what it would have applied.
 *
 * `fields` is a `fieldsV1` of managedFields: `f:name` is a member, `k:{...}` the list item with these keys, `v:...` the
 * list item of that value, `i:N` the item at that index, `.` the thing itself. A name with nothing under it is a whole
 * value. What the object lacks is left out.
 *
 * Source: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize-pe.go
 */
export function ownedFields(object: unknown, fields: unknown): unknown {
  if (!isDraft(fields)) return undefined;
  const names = Object.keys(fields).filter((name) => name !== '.');
  if (names.length === 0) return isEmptyContainer(object, fields) ? emptyLike(object) : object;
  if (Array.isArray(object)) return ownedItems(object, fields, names);
  if (!isDraft(object)) return undefined;
  const owned: Draft = {};
  for (const name of names) {
    const key = name.slice(2);
    if (!name.startsWith('f:') || !Object.hasOwn(object, key)) continue;
    const value = ownedFields(object[key], fields[name]);
    if (value !== undefined) setMember(owned, key, value);
  }
  return owned;
}

/** `.` alone on a map or list: the manager owns that it is there, and none of what is in it. */
function isEmptyContainer(object: unknown, fields: Draft): boolean {
  return '.' in fields && (isDraft(object) || Array.isArray(object));
}

function emptyLike(object: unknown): unknown {
  return Array.isArray(object) ? [] : {};
}

/** In the order of the object, which is the order that the server keeps. */
function ownedItems(list: readonly unknown[], fields: Draft, names: readonly string[]): readonly unknown[] {
  const selectors = names.map((name) => ({ name, wanted: parseSelector(name) }));
  return list.flatMap((item, index) => {
    const match = selectors.find(({ name, wanted }) => {
      if (name.startsWith('i:')) return wanted === index;
      if (name.startsWith('v:')) return sameJson(wanted, item);
      return isDraft(wanted) && isDraft(item) && hasKeys(item, wanted);
    });
    const owned = match === undefined ? undefined : ownedFields(item, fields[match.name]);
    return owned === undefined ? [] : [owned];
  });
}

/** Items carry their keys, also those that the server has set by default (the protocol of a port). */
function hasKeys(item: Draft, keys: Draft): boolean {
  return Object.keys(keys).every((key) => sameJson(item[key], keys[key]));
}

function parseSelector(name: string): unknown {
  try {
    return JSON.parse(name.slice(2));
  } catch {
    return undefined;
  }
}

/**
 * Whether everything in `part` is in `whole` too: members of objects each in its own, lists item by item. What the
 * server adds by default is no matter.
 */
export function containsJson(whole: unknown, part: unknown): boolean {
  if (part === null || part === undefined) return true;
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) &&
      whole.length === part.length &&
      part.every((item, index) => containsJson(whole[index], item))
    );
  }
  if (!isDraft(part)) return whole === part;
  if (!isDraft(whole)) return Object.keys(part).length === 0 && whole === undefined;
  return Object.keys(part).every((key) => containsJson(whole[key], part[key]));
}
