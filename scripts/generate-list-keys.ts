/**
 * Writes packages/core/src/diff/list-key-table.ts: which lists of the built-in types are told apart by which members.
 *
 * Read from the OpenAPI document that Kubernetes commits with each release, where the source's struct tags and
 * markers (`patchMergeKey`, `+listType`, `+listMapKey`) end up as `x-kubernetes-*` extensions. Run it with Go at hand:
 *
 *     node scripts/generate-list-keys.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { goModule } from './go-module.ts';

const version = 'v1.36.3';

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-patch-merge-key'?: string;
}

interface Definition {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

/** As in the table that is written below. */
interface Field {
  keys?: readonly string[];
  set?: true;
  map?: true;
  of?: string;
}

const root = join(import.meta.dirname, '..');
const target = join(root, 'packages/core/src/diff/list-key-table.ts');
const document = join(goModule('k8s.io/kubernetes', version), 'api/openapi-spec/swagger.json');
const { definitions } = JSON.parse(readFileSync(document, 'utf8')) as { definitions: Record<string, Definition> };

/** `io.k8s.api.core.v1.PodSpec` -> `core.v1.PodSpec` */
const shortName = (name: string): string => name.split('.').slice(-3).join('.');

const structures = new Map<string, Record<string, Field>>();
for (const [name, { properties = {} }] of Object.entries(definitions)) {
  const fields: Record<string, Field> = {};
  for (const [field, property] of Object.entries(properties)) {
    // Metadata is the same in every kind: list-keys.ts knows it.
    if (field !== 'metadata') fields[field] = describe(property);
  }
  structures.set(shortName(name), fields);
}

function describe(property: Property): Field {
  const field: Field = {};
  // A list that the API calls atomic has no key, although strategic merge patch may have one for it.
  const mergeKey =
    property['x-kubernetes-list-type'] === 'atomic' ? undefined : property['x-kubernetes-patch-merge-key'];
  const keys = property['x-kubernetes-list-map-keys'] ?? (mergeKey === undefined ? undefined : [mergeKey]);
  if (keys !== undefined) field.keys = keys;
  if (property['x-kubernetes-list-type'] === 'set') field.set = true;
  if (property.additionalProperties !== undefined) field.map = true;
  const of = (property.items ?? property.additionalProperties ?? property).$ref;
  if (of !== undefined) field.of = shortName(of.slice('#/definitions/'.length));
  return field;
}

/** The structures through which a keyed list or a set can be reached; all else is compared member by member anyway. */
const telling = new Set<string>();
for (let before = -1; before < telling.size;) {
  before = telling.size;
  for (const [name, fields] of structures) if (Object.values(fields).some(tells)) telling.add(name);
}

function tells({ keys, set, of }: Field): boolean {
  return keys !== undefined || set === true || (of !== undefined && telling.has(of));
}

/** `v1` before `v1beta2` before `v1beta1` before `v1alpha1`, as API servers prefer them. */
function precedence(apiVersion: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(apiVersion)!;
  const level = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return level * 1_000_000 + Number(major) * 1_000 + Number(minor ?? 0);
}

const kinds = new Map<string, { structure: string; rank: number }>();
for (const [name, definition] of Object.entries(definitions)) {
  const [own, ...others] = definition['x-kubernetes-group-version-kind'] ?? [];
  // Options and Status are of every group: no object is of them.
  if (own === undefined || others.length > 0 || !telling.has(shortName(name)) || own.kind.endsWith('List')) continue;
  const key = own.group === '' ? own.kind : `${own.kind}.${own.group}`;
  const rank = precedence(own.version);
  if (rank > (kinds.get(key)?.rank ?? -1)) kinds.set(key, { structure: shortName(name), rank });
}

const reached = new Set<string>();
function reach(name: string): void {
  if (reached.has(name)) return;
  reached.add(name);
  for (const { of } of Object.values(structures.get(name)!)) if (of !== undefined && telling.has(of)) reach(of);
}
for (const { structure } of kinds.values()) reach(structure);

const sorted = (names: Iterable<string>): string[] => [...names].sort();
const table = Object.fromEntries(
  sorted(reached).map((name) => {
    const fields = Object.entries(structures.get(name)!)
      .filter(([, field]) => tells(field))
      .map(([field, { of, ...rest }]) => [field, of !== undefined && telling.has(of) ? { ...rest, of } : rest]);
    return [name, Object.fromEntries(fields) as Record<string, Field>];
  }),
);
const kindTable = Object.fromEntries(sorted(kinds.keys()).map((kind) => [kind, kinds.get(kind)!.structure]));

const text = `/**
 * Generated by scripts/generate-list-keys.ts; do not edit.
 *
 * Source: api/openapi-spec/swagger.json of k8s.io/kubernetes ${version}
 * https://github.com/kubernetes/kubernetes/blob/${version}/api/openapi-spec/swagger.json
 */

/** One member of a structure of the API. */
export interface StructureField {
  /** A list whose items are told apart by these members. */
  readonly keys?: readonly string[];
  /** A list of distinct scalars whose order says nothing. */
  readonly set?: boolean;
  /** An object with free member names; \`of\` is the structure of their values. */
  readonly map?: boolean;
  /** The structure of the value, or of a list's items. */
  readonly of?: string;
}

/** The structure of each built-in kind, as \`Kind.group\`, in the newest version that the release serves. */
export const kindStructures: Readonly<Record<string, string>> = ${JSON.stringify(kindTable)};

/** The keyed lists and sets of each structure, and the members that lead to some. */
export const structures: Readonly<Record<string, Readonly<Record<string, StructureField>>>> = ${JSON.stringify(table)};
`;
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'typescript' }));
console.log(`${target}: ${reached.size} structures, ${kinds.size} kinds`);
