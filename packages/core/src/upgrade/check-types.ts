import type { TypeSummary } from '../archive/summary.ts';
import type { Discovery } from '../cluster/reader.ts';
import type { Manifest } from '../object/manifest.ts';
import { apiVersionOf, typeName, type TypeName } from '../object/resource-type.ts';
import { apiLife, servingAt, successorsOf, type ApiLife } from './api-life.ts';
import { conversionNotes } from './conversion-notes.ts';
import { customVersion, hasNoConversion } from './custom-version.ts';

/** What a backup's types are held against. */
export interface CheckTarget {
  /** The release of Kubernetes 1. */
  readonly minor: number;
  /** What the live cluster serves; absent: judged by the release alone. */
  readonly discovery?: Discovery | undefined;
  /** The backup's CustomResourceDefinitions by their name, which is the {@link TypeName} they define. */
  readonly definitions?: ReadonlyMap<TypeName, Manifest> | undefined;
  /** The live cluster's, likewise. */
  readonly liveDefinitions?: ReadonlyMap<TypeName, Manifest> | undefined;
}

/** Why objects cannot be written as they are stored, or not for long. */
export type CheckReason =
  /** Kubernetes dropped the version in that release. */
  | { readonly reason: 'removed'; readonly since: string }
  /** Kubernetes brought the version in a later release. */
  | { readonly reason: 'not-yet'; readonly since: string }
  /** An alpha, or a beta of 1.24 or later: served only where it was switched on. */
  | { readonly reason: 'off-by-default' }
  /** The release knows the version, or the CRD another one, but this cluster does not serve it. */
  | { readonly reason: 'not-served' }
  /** Not built in, and no CustomResourceDefinition defines it: neither there nor in the backup. */
  | { readonly reason: 'undefined' }
  /** The live cluster could not say what the group serves. */
  | { readonly reason: 'undiscovered'; readonly message: string }
  /** Served, but not for ever. */
  | { readonly reason: 'deprecated'; readonly since?: string; readonly removal?: string; readonly message?: string };

/** What to write the objects as instead. */
export interface Replacement {
  readonly apiVersion: string;
  /** `as-is`: only the apiVersion need change; `by-hand`: fields moved or changed their meaning. */
  readonly converts: 'as-is' | 'by-hand';
  /** What to know before the change; empty when there is nothing notable. */
  readonly notes: readonly { readonly note: string; readonly source: string }[];
}

/** One type of a backup that the target does not serve as it is stored, or will not for ever. */
export type CheckFinding = CheckReason & {
  readonly type: TypeName;
  readonly apiVersion: string;
  readonly kind: string;
  /** How many objects of it the backup holds. */
  readonly count: number;
  /** Absent when no version that the target serves takes them. */
  readonly replacement?: Replacement;
};

/** A type as a backup names it. */
export type CheckedType = Pick<TypeSummary, 'group' | 'version' | 'kind' | 'plural' | 'count'>;

/** Every finding, in the order of the types; types without objects are passed over. */
export function checkTypes(types: readonly CheckedType[], target: CheckTarget): CheckFinding[] {
  return types.filter(({ count }) => count > 0).flatMap((type) => checkType(type, target) ?? []);
}

/**
 * Why the target does not take objects of the type as they are stored, or will not for ever; undefined when it does.
 *
 * An object is stored in one version. A server converts between the versions that it serves, so an object in another
 * one must be rewritten before it is sent: `replacement` says into what, and whether that is more than its apiVersion.
 */
export function checkType(type: CheckedType, target: CheckTarget): CheckFinding | undefined {
  const apiVersion = apiVersionOf(type);
  const life = apiLife(apiVersion, type.kind);
  const found = life === undefined ? checkCustom(type, target) : checkBuiltIn(life, type, target);
  if (found === undefined) return undefined;
  return { type: typeName(type), apiVersion, kind: type.kind, count: type.count, ...found };
}

type Found = CheckReason & { readonly replacement?: Replacement };

function checkBuiltIn(life: ApiLife, type: CheckedType, target: CheckTarget): Found | undefined {
  const { minor, discovery } = target;
  const serving = servingAt(life, minor);
  const isServed = (other: ApiLife): boolean =>
    discovery === undefined
      ? servingAt(other, minor) === 'served'
      : isDiscovered(discovery, other.apiVersion, other.kind);
  const successor = successorsOf(life).find(isServed);
  const replacement = successor === undefined ? {} : { replacement: replacementBy(life, successor) };
  if (isServed(life)) {
    if (life.deprecated === undefined || life.deprecated > minor) return undefined;
    const removal = life.removed === undefined ? {} : { removal: release(life.removed) };
    return { reason: 'deprecated', since: release(life.deprecated), ...removal, ...replacement };
  }
  const undiscovered = failureOf(discovery, type.group);
  if (undiscovered !== undefined) return undiscovered;
  switch (serving) {
    case 'removed':
      return { reason: 'removed', since: release(life.removed!), ...replacement };
    case 'not-yet':
      return { reason: 'not-yet', since: release(life.introduced!), ...replacement };
    case 'off-by-default':
      return { reason: 'off-by-default', ...replacement };
    case 'served':
      return { reason: 'not-served', ...replacement };
  }
}

function replacementBy(life: ApiLife, successor: ApiLife): Replacement {
  const notes = conversionNotes
    .filter(({ kind, from, to }) => kind === life.kind && from === life.apiVersion && to === successor.apiVersion)
    .map(({ note, source }) => ({ note, source }));
  const converts = life.fits.includes(successor.apiVersion) ? 'as-is' : 'by-hand';
  return { apiVersion: successor.apiVersion, converts, notes };
}

function checkCustom(type: CheckedType, target: CheckTarget): Found | undefined {
  const { discovery, definitions, liveDefinitions } = target;
  const name = typeName(type);
  const live = discovery?.types.find((served) => typeName(served) === name);
  const stored = customVersion(definitions?.get(name), type.version);
  if (live === undefined) {
    const undiscovered = failureOf(discovery, type.group);
    if (undiscovered !== undefined) return undiscovered;
    // The backup brings the definition along, and a restore writes it first.
    if (stored === undefined || !stored.served) return { reason: 'undefined' };
    return deprecationOf(stored);
  }
  const liveDefinition = liveDefinitions?.get(name);
  if (live.servedVersions.includes(type.version)) {
    return deprecationOf(customVersion(liveDefinition, type.version) ?? stored);
  }
  // As above: a restore merges the backup's definition into the live one.
  if (stored?.served === true) return deprecationOf(stored);
  const apiVersion = apiVersionOf(live);
  const converts = hasNoConversion(liveDefinition) ? 'as-is' : 'by-hand';
  return { reason: 'not-served', replacement: { apiVersion, converts, notes: [] } };
}

function deprecationOf(version: ReturnType<typeof customVersion>): Found | undefined {
  if (version?.deprecated !== true) return undefined;
  return { reason: 'deprecated', ...(version.warning === undefined ? {} : { message: version.warning }) };
}

function isDiscovered(discovery: Discovery, apiVersion: string, kind: string): boolean {
  return discovery.types.some(
    (type) =>
      type.kind === kind &&
      type.servedVersions.some((version) => apiVersionOf({ group: type.group, version }) === apiVersion),
  );
}

function failureOf(discovery: Discovery | undefined, group: string): Found | undefined {
  const failure = discovery?.failures.find(({ groupVersion }) => groupVersion.split('/')[0] === group);
  return failure && { reason: 'undiscovered', message: failure.message };
}

function release(minor: number): string {
  return `1.${minor}`;
}
