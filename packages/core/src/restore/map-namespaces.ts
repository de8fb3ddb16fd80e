import { sameJson } from '../diff/same-json.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import { childOf, copyJson, isDraft, itemsOf, type Draft } from './draft.ts';
import { mapTextAt } from './field-path.ts';
import { namespaceReferences, namespaceTexts } from './namespace-references.ts';

/** Old name -> new name. Empty: everything goes back where it was. */
export type NamespaceMapping = Readonly<Record<string, string>>;

/** Whether the mapping changes anything. */
export function isMapping(mapping: NamespaceMapping): boolean {
  return Object.keys(mapping).length > 0;
}

/** The namespace as the mapping calls it. */
export function mapNamespace(mapping: NamespaceMapping, namespace: string): string {
  return Object.hasOwn(mapping, namespace) ? mapping[namespace]! : namespace;
}

/** Where the object goes: its namespace mapped; for a Namespace, its own name. */
export function mapRef(mapping: NamespaceMapping, ref: ObjectRef): ObjectRef {
  if (!isMapping(mapping)) return ref;
  if (ref.type === 'namespaces') return { ...ref, name: mapNamespace(mapping, ref.name) };
  return ref.namespace === undefined ? ref : { ...ref, namespace: mapNamespace(mapping, ref.namespace) };
}

/** Renames namespaces in the object: where it lives, and in every reference that the tables know. */
export function mapNamespaces(draft: Draft, type: TypeName, mapping: NamespaceMapping): void {
  if (!isMapping(mapping)) return;
  const rename = (name: string): string => mapNamespace(mapping, name);
  const subjects = type === 'clusterrolebindings.rbac.authorization.k8s.io' ? copyJson(draft['subjects']) : undefined;
  mapTextAt(draft, type === 'namespaces' ? '/metadata/name' : '/metadata/namespace', rename);
  for (const row of namespaceReferences) {
    if (row.types.includes(type)) for (const field of row.fields) mapTextAt(draft, field, rename);
  }
  for (const row of namespaceTexts) {
    if (!row.types.includes(type) && !row.types.includes('*')) continue;
    for (const field of row.fields) mapTextAt(draft, field, (text) => renameInside(text, row.pattern, rename));
  }
  mapSelectorValues(draft, rename);
  if (subjects !== undefined) keepSubjects(draft, subjects);
}

/** A binding for the whole cluster gains the renamed subjects and loses none: others still rely on the old ones. */
function keepSubjects(draft: Draft, before: unknown): void {
  const old = Array.isArray(before) ? before.filter(isDraft) : [];
  const added = itemsOf(draft, 'subjects').filter((subject) => !old.some((other) => sameJson(other, subject)));
  draft['subjects'] = [...old, ...added];
}

function renameInside(text: string, pattern: RegExp, rename: (name: string) => string): string {
  const indices = pattern
    .exec(text)
    ?.indices?.slice(1)
    .find((group) => (group as unknown) !== undefined);
  if (indices === undefined) return text;
  const [start, end] = indices;
  return text.slice(0, start) + rename(text.slice(start, end)) + text.slice(end);
}

/**
 * `matchExpressions` of any namespaceSelector that name namespaces.
 *
 * Source: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
 */
function mapSelectorValues(value: unknown, rename: (name: string) => string): void {
  if (Array.isArray(value)) for (const item of value) mapSelectorValues(item, rename);
  if (!isDraft(value)) return;
  for (const expression of itemsOf(childOf(value, 'namespaceSelector'), 'matchExpressions')) {
    if (expression['key'] === 'kubernetes.io/metadata.name') mapTextAt(expression, '/values/[]', rename);
  }
  for (const child of Object.values(value)) mapSelectorValues(child, rename);
}
