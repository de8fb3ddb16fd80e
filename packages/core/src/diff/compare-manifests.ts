import type { Manifest } from '../object/manifest.ts';
import type { ChangePath, PathStep } from './change-path.ts';
import { visibleManifest, type Visibility } from './hidden-fields.ts';
import { shapeOf, type Shape } from './list-keys.ts';
import { maskSecrets } from './mask-secrets.ts';
import { pairItems } from './pair-items.ts';
import { isNothing, isObject, own } from './same-json.ts';

/** One difference between two manifests, at the outermost value that only one side has, or at the innermost that differs. */
export type Change =
  | { readonly kind: 'added'; readonly path: ChangePath; readonly after: unknown }
  | { readonly kind: 'removed'; readonly path: ChangePath; readonly before: unknown }
  | { readonly kind: 'changed'; readonly path: ChangePath; readonly before: unknown; readonly after: unknown }
  /** Items of a list whose order matters stand in another order; what else changed in them is listed apart. */
  | { readonly kind: 'reordered'; readonly path: ChangePath };

/** How to compare. */
export interface CompareOptions extends Visibility {
  /** The CustomResourceDefinition of a custom resource: tells which of its lists have keys. */
  readonly crd?: Manifest | undefined;
}

/**
 * The differences from `before` to `after`; empty when a person would call them the same.
 *
 * Fields of `hiddenFields` are left out. Lists with merge keys are compared by key and sets as sets, so another order
 * is a difference only where it matters. A null member counts as absent: servers before 1.34 write
 * `creationTimestamp: null` into embedded templates, later ones nothing
 * (https://github.com/kubernetes/kubernetes/pull/130989). The values of Secrets are masked as by `maskSecrets`.
 */
export function compareManifests(before: Manifest, after: Manifest, options: CompareOptions = {}): Change[] {
  const changes: Change[] = [];
  compare(...maskSecrets(before, after), options, (change) => {
    changes.push(change);
    return true;
  });
  return changes;
}

/** Whether {@link compareManifests} finds nothing; stops at the first difference. */
export function sameContent(before: Manifest, after: Manifest, options: CompareOptions = {}): boolean {
  return compare(before, after, options, () => false);
}

function compare(before: Manifest, after: Manifest, options: CompareOptions, take: Take): boolean {
  const shape = shapeOf(after, options.crd);
  return walk(visibleManifest(before, options), visibleManifest(after, options), { shape, trail: undefined, take });
}

/** Takes a change; false ends the comparison. */
type Take = (change: Change) => boolean;

/** A path as it grows: it is made into a list only for what differs. */
interface Trail {
  readonly parent: Trail | undefined;
  readonly step: PathStep;
}

interface Place {
  readonly shape: Shape | undefined;
  readonly trail: Trail | undefined;
  readonly take: Take;
}

/** False when `take` ended it. */
function walk(before: unknown, after: unknown, place: Place): boolean {
  if (before === after || (isNothing(before) && isNothing(after))) return true;
  const { shape, trail, take } = place;
  if (isNothing(before)) return take({ kind: 'added', path: pathOf(trail), after });
  if (isNothing(after)) return take({ kind: 'removed', path: pathOf(trail), before });
  if (Array.isArray(before) && Array.isArray(after)) return walkList(before, after, place);
  if (!isObject(before) || !isObject(after)) return take({ kind: 'changed', path: pathOf(trail), before, after });
  const names = [...Object.keys(before), ...Object.keys(after).filter((name) => !Object.hasOwn(before, name))];
  return names.every((name) =>
    walk(own(before, name), own(after, name), {
      shape: shape?.member(name),
      trail: { parent: trail, step: name },
      take,
    }),
  );
}

function walkList(before: readonly unknown[], after: readonly unknown[], { shape, trail, take }: Place): boolean {
  const { pairs, reordered } = pairItems(before, after, shape);
  if (reordered && !take({ kind: 'reordered', path: pathOf(trail) })) return false;
  return pairs.every((pair) =>
    walk(pair.before, pair.after, { shape: shape?.items, trail: { parent: trail, step: pair.step }, take }),
  );
}

function pathOf(trail: Trail | undefined): ChangePath {
  const path: PathStep[] = [];
  for (let at = trail; at !== undefined; at = at.parent) path.push(at.step);
  return path.reverse();
}
