import type { TypeName } from '../object/resource-type.ts';

/** How an object may be replaced: deleted and created anew, where an immutable field allows nothing else. */
export type Replacement =
  /** `Orphan`: what it owns stays and is adopted again by labels. `Background`: what it owns goes with it. */
  | { readonly allowed: true; readonly propagation: 'Orphan' | 'Background'; readonly reason: string }
  | { readonly allowed: false; readonly reason: string };

interface ReplaceableRow {
  readonly types: readonly TypeName[];
  readonly replacement: Replacement;
  readonly source: string;
}

/** What deleting an object of a type would take along, and so whether a restore may replace it. */
const replaceable: readonly ReplaceableRow[] = [
  {
    types: ['namespaces'],
    replacement: { allowed: false, reason: 'everything in it would be deleted with it' },
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace',
  },
  {
    types: ['customresourcedefinitions.apiextensions.k8s.io'],
    replacement: { allowed: false, reason: 'every custom resource of its kind would be deleted with it' },
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition',
  },
  {
    types: ['persistentvolumes', 'persistentvolumeclaims'],
    replacement: { allowed: false, reason: 'the data behind it could be deleted with it' },
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming',
  },
  {
    types: ['volumesnapshots.snapshot.storage.k8s.io', 'volumesnapshotcontents.snapshot.storage.k8s.io'],
    replacement: { allowed: false, reason: 'the snapshot behind it could be deleted with it' },
    source: 'https://kubernetes.io/docs/concepts/storage/volume-snapshots/#delete',
  },
  {
    types: ['jobs.batch'],
    replacement: {
      allowed: true,
      propagation: 'Background',
      reason: 'its pods carry its uid as a label: it runs anew',
    },
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector',
  },
  {
    types: [
      'deployments.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'replicasets.apps',
      'replicationcontrollers',
      'cronjobs.batch',
    ],
    replacement: { allowed: true, propagation: 'Orphan', reason: 'its pods keep running and are adopted again' },
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/use-cascading-deletion/#set-orphan-deletion-policy',
  },
];

/** What an object of any other type leaves behind stays: a restore brings the owner back, and links what it restores. */
const otherwise: Replacement = { allowed: true, propagation: 'Orphan', reason: 'what it owns stays' };

/** Whether and how an object of the type is replaced. */
export function replacementOf(type: TypeName): Replacement {
  return replaceable.find((row) => row.types.includes(type))?.replacement ?? otherwise;
}
