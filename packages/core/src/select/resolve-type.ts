import { AppError } from '../errors/app-error.ts';
import { typeName, type ResourceType } from '../object/resource-type.ts';
import { isExpression, isPattern, matchesPattern } from './pattern.ts';

/**
 * The types that a name or pattern stands for, as kubectl users write it.
 *
 * Any case-insensitive plural, singular, short name or kind, alone or with its group (`deployments.apps`) or with
 * version and group (`deployments.v1.apps`). The whole type name goes first, so `pods` is the core group's, also where
 * `metrics.k8s.io` serves pods of its own. A pattern (`*.cert-manager.io`) is held against whole type names, a regular
 * expression (`/^Role/`) against kinds and plurals, in the case that they have.
 *
 * Empty when nothing of that name is there. Several types for a plain name mean that it is ambiguous.
 */
export function findTypes<T extends ResourceType>(name: string, types: readonly T[]): readonly T[] {
  if (isExpression(name)) {
    return types.filter((type) => matchesPattern(name, type.kind) || matchesPattern(name, type.plural));
  }
  const wanted = name.toLowerCase();
  if (isPattern(wanted)) return types.filter((type) => matchesPattern(wanted, typeName(type)));
  const exact = types.filter((type) => typeName(type) === wanted);
  if (exact.length > 0) return exact;
  return types.filter((type) => namesOf(type).includes(wanted));
}

/**
 * The one type of that name. Throws TYPE_UNKNOWN, with near names as candidates, or TYPE_AMBIGUOUS, with all of them.
 *
 * @param where - who should have it, for the message: `the cluster`, `backup 'nightly'`.
 */
export function resolveType<T extends ResourceType>(name: string, types: readonly T[], where: string): T {
  const found = findTypes(name, types);
  if (found.length === 0) throw unknownType(name, types, where);
  if (found.length > 1 && !isPattern(name)) throw ambiguousType(name, found);
  return found[0]!;
}

/** The error for a name that no type has: says what comes near. */
export function unknownType(name: string, types: readonly ResourceType[], where: string): AppError {
  const near = nearNames(name, types);
  return new AppError('TYPE_UNKNOWN', `${where} has no resource type '${name}'`, {
    hint:
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : `'kubectl api-resources' lists what a cluster serves`,
    refs: near,
  });
}

/** The error for a name that several types have: lists them. */
export function ambiguousType(name: string, found: readonly ResourceType[]): AppError {
  const candidates = found.map(typeName);
  return new AppError('TYPE_AMBIGUOUS', `'${name}' can mean ${candidates.join(' or ')}`, {
    hint: `write the group too: ${candidates[0] ?? ''}`,
    refs: candidates,
  });
}

function namesOf(type: ResourceType): readonly string[] {
  const bare = [type.plural, type.singular, type.kind, ...type.shortNames].map((found) => found.toLowerCase());
  const suffixes = [
    type.group,
    `${type.version}.${type.group}`,
    ...type.servedVersions.map((v) => `${v}.${type.group}`),
  ];
  return [...bare, ...bare.flatMap((found) => suffixes.map((suffix) => `${found}.${suffix}`.replace(/\.$/, '')))];
}

/** At most three type names, nearest first, at a distance that a typing error has. */
function nearNames(name: string, types: readonly ResourceType[]): readonly string[] {
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 4));
  return types
    .map((type) => ({
      shown: typeName(type),
      distance: Math.min(...namesOf(type).map((found) => editDistance(wanted, found, limit))),
    }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ shown }) => shown);
}

/** How many letters to insert, drop, change or swap with their neighbour; anything above the limit is limit + 1. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1, isSwap ? before[j - 2]! + 1 : Infinity));
    }
    [before, row] = [row, next];
  }
  return Math.min(row[b.length]!, limit + 1);
}
