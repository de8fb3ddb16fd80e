import { typeName, type ResourceType, type TypeName } from '../object/resource-type.ts';
import type { Manifest, OwnerReference } from '../object/manifest.ts';
import { formatRef, type ObjectRef } from '../object/ref.ts';
import type { PlanNote } from './plan-note.ts';
import type { PlannedOwner } from './restore-plan.ts';

/** What is known of an owner when a dependent is planned or written. */
export type OwnerState =
  /** It is in the cluster. */
  | { readonly kind: 'live'; readonly uid: string }
  /** The same restore creates it. */
  | { readonly kind: 'planned' }
  | { readonly kind: 'absent' };

/** Finds owners by what a reference says of them. */
export interface OwnerLookup {
  /** The type of that group and kind, live or in the backup. */
  readonly typeOf: (group: string, kind: string) => ResourceType | undefined;
  readonly stateOf: (owner: ObjectRef) => OwnerState;
}

/** The owner references that a dependent is sent with. */
export interface ResolvedOwners {
  /** With live uids; those of planned owners have an empty uid until their owner is created. */
  readonly references: readonly OwnerReference[];
  /** The owners that the references name, in their order; a planned one has an empty uid and must be written first. */
  readonly owners: readonly PlannedOwner[];
  /** Whether what controls the object is live, planned, or neither. */
  readonly controller: OwnerState['kind'];
  readonly notes: readonly PlanNote[];
}

/**
 * Kinds that a workload takes on by their labels. They are written before it and without the reference: written after
 * it they would find that the workload has made its own.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates,
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions
 */
const adopted: Readonly<Record<TypeName, readonly TypeName[]>> = {
  'replicasets.apps': ['deployments.apps'],
  'controllerrevisions.apps': ['statefulsets.apps', 'daemonsets.apps'],
};

/**
 * Rewrites the owner references of a backup's object to this cluster. A reference that cannot be kept is left out with
 * a note, since the garbage collector deletes an object whose owners are all missing.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/#owner-references-in-object-specifications
 *
 * @param target - where the dependent goes; a namespaced owner is looked for in its namespace.
 */
export function resolveOwners(manifest: Manifest, target: ObjectRef, lookup: OwnerLookup): ResolvedOwners {
  const references: OwnerReference[] = [];
  const owners: PlannedOwner[] = [];
  const notes: PlanNote[] = [];
  let controller: OwnerState['kind'] = 'absent';
  for (const [index, reference] of (manifest.metadata.ownerReferences ?? []).entries()) {
    const type = lookup.typeOf(groupOf(reference.apiVersion), reference.kind);
    const owner = type === undefined ? undefined : ownerRef(type, reference.name, target);
    if (owner === undefined) {
      const reason = type === undefined ? 'not-found' : 'other-scope';
      notes.push({ kind: 'owner-dropped', owner: `${reference.kind.toLowerCase()}/${reference.name}`, reason });
      continue;
    }
    const state = lookup.stateOf(owner);
    if (reference.controller === true) controller = state.kind;
    if (state.kind === 'absent') {
      notes.push({ kind: 'owner-dropped', owner: formatRef(owner), reason: 'not-found' });
    } else if (state.kind === 'planned' && adopted[target.type]?.includes(owner.type) === true) {
      notes.push({ kind: 'owner-adopts', owner: formatRef(owner) });
    } else {
      const uid = state.kind === 'live' ? state.uid : '';
      references.push({ ...reference, uid });
      owners.push({ reference: index, ref: owner, uid });
    }
  }
  return { references, owners, controller, notes };
}

/**
 * The owner references as they were planned, with the uids of owners that have been created since; or the owner that
 * has not been.
 */
export function plannedOwners(
  manifest: Manifest,
  planned: readonly PlannedOwner[],
  uidOf: (owner: ObjectRef) => string | undefined,
): ResolvedOwners | ObjectRef {
  const references: OwnerReference[] = [];
  for (const { reference, ref, uid } of planned) {
    const known = uid === '' ? uidOf(ref) : uid;
    if (known === undefined) return ref;
    references.push({ ...manifest.metadata.ownerReferences![reference]!, uid: known });
  }
  return { references, owners: planned, controller: 'absent', notes: [] };
}

/** Live references stay; those of the backup that are missing come after them. */
export function mergeOwners(
  live: readonly OwnerReference[],
  restored: readonly OwnerReference[],
): readonly OwnerReference[] {
  const isSame = (a: OwnerReference, b: OwnerReference): boolean =>
    a.kind === b.kind && a.name === b.name && groupOf(a.apiVersion) === groupOf(b.apiVersion);
  const hasController = live.some((owner) => owner.controller === true);
  const added = restored.filter(
    (owner) => !live.some((other) => isSame(owner, other)) && !(hasController && owner.controller === true),
  );
  return [...live, ...added];
}

/** A namespaced owner is in the dependent's namespace; a cluster-scoped object can only have cluster-scoped owners. */
function ownerRef(type: ResourceType, name: string, dependent: ObjectRef): ObjectRef | undefined {
  if (!type.namespaced) return { type: typeName(type), name };
  if (dependent.namespace === undefined) return undefined;
  return { type: typeName(type), namespace: dependent.namespace, name };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
