import type { Manifest } from '../object/manifest.ts';

/** A JSON object while it is edited: what item rules, mappings and modifiers work on. */
export interface Draft {
  [member: string]: unknown;
}

/** A copy of the manifest that may be edited; the original stays as it is. Values must be JSON. */
export function draftOf(manifest: Manifest): Draft {
  return copyJson(manifest) as Draft;
}

/** The draft as a manifest again. Whoever calls has kept apiVersion, kind and metadata.name in it. */
export function manifestOf(draft: Draft): Manifest {
  return draft as unknown as Manifest;
}

/** A deep copy of a JSON value. */
export function copyJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyJson);
  if (!isDraft(value)) return value;
  const copy: Draft = {};
  for (const key of Object.keys(value)) setMember(copy, key, copyJson(value[key]));
  return copy;
}

/** Whether the value is a JSON object (no list, no null). */
export function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a member, also one that is named `__proto__`, which a plain assignment would lose. */
export function setMember(target: Draft, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** The member as an object; undefined when it is none. */
export function childOf(value: unknown, key: string): Draft | undefined {
  const child = isDraft(value) ? value[key] : undefined;
  return isDraft(child) ? child : undefined;
}

/** The members of a list that are objects; empty when there is no such list. */
export function itemsOf(value: unknown, key: string): Draft[] {
  const list = isDraft(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.filter(isDraft) : [];
}

/** The member as text; undefined when it is none. */
export function textOf(value: unknown, key: string): string | undefined {
  const text = isDraft(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : undefined;
}
