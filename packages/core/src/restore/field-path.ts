import { copyJson, isDraft, setMember, type Draft } from './draft.ts';

/**
 * Where a field lies: a JSON pointer in which `[]` stands for every item of a list or every member of an object, e.g.
 * `/spec/ports/[]/nodePort`. `~1` is a slash in a name, `~0` a tilde.
 *
 * Source of the syntax: https://www.rfc-editor.org/rfc/rfc6901
 */
export type FieldPath = string;

/** The names that a pointer is made of. */
function segmentsOf(path: FieldPath): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Every value at the path, in the order of the lists; empty when there is none. */
export function valuesAt(root: unknown, path: FieldPath): readonly unknown[] {
  let values: unknown[] = [root];
  for (const segment of segmentsOf(path)) values = values.flatMap((value) => step(value, segment));
  return values.filter((value) => value !== undefined);
}

/** Removes what is at the path, and the objects that this leaves empty. Says whether anything was there. */
export function removeAt(root: Draft, path: FieldPath): boolean {
  return remove(root, segmentsOf(path));
}

function remove(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return false;
  if (Array.isArray(value)) return first === '[]' && value.map((item) => remove(item, rest)).includes(true);
  if (!isDraft(value)) return false;
  const keys = first === '[]' ? Object.keys(value) : Object.hasOwn(value, first) ? [first] : [];
  let found = false;
  for (const key of keys) {
    const child = value[key];
    if (rest.length === 0) {
      Reflect.deleteProperty(value, key);
      found = true;
    } else if (remove(child, rest)) {
      found = true;
      if (isDraft(child) && Object.keys(child).length === 0) Reflect.deleteProperty(value, key);
    }
  }
  return found;
}

/** Sets the field, making the objects on the way. The path has no `[]`. */
export function setAt(root: Draft, path: FieldPath, value: unknown): void {
  const segments = segmentsOf(path);
  let at = root;
  for (const segment of segments.slice(0, -1)) {
    const next = Object.hasOwn(at, segment) ? at[segment] : undefined;
    if (isDraft(next)) at = next;
    else {
      const made: Draft = {};
      setMember(at, segment, made);
      at = made;
    }
  }
  setMember(at, segments.at(-1)!, value);
}

/** Makes the field what it is in `from`: copied, or removed where it is absent there. The path has no `[]`. */
export function takeFrom(from: unknown, root: Draft, path: FieldPath): void {
  const value = valuesAt(from, path)[0];
  if (value === undefined) removeAt(root, path);
  else setAt(root, path, copyJson(value));
}

/** Replaces every text at the path by what the function makes of it. */
export function mapTextAt(root: Draft, path: FieldPath, map: (text: string) => string): void {
  const segments = segmentsOf(path);
  const last = segments.at(-1)!;
  let parents: unknown[] = [root];
  for (const segment of segments.slice(0, -1)) parents = parents.flatMap((value) => step(value, segment));
  for (const parent of parents) {
    if (!isDraft(parent) && !Array.isArray(parent)) continue;
    const holder = parent as Draft;
    const keys = last === '[]' ? Object.keys(holder) : Object.hasOwn(holder, last) ? [last] : [];
    for (const key of keys) {
      const text = holder[key];
      if (typeof text === 'string') holder[key] = map(text);
    }
  }
}

function step(value: unknown, segment: string): unknown[] {
  if (Array.isArray(value)) return segment === '[]' ? value : [];
  if (!isDraft(value)) return [];
  if (segment === '[]') return Object.values(value);
  return Object.hasOwn(value, segment) ? [value[segment]] : [];
}
