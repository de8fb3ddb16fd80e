import type { TypeName } from '../../object/resource-type.ts';
import type { FieldPath } from '../field-path.ts';

/** Fields that somebody else than the author of the object writes, and where their value comes from in a restore. */
export interface ServerFields {
  readonly types: readonly TypeName[];
  readonly fields: readonly FieldPath[];
  /** `drop`: the server or controller fills it in. `keep`: the backup's value is sent. */
  readonly onCreate: 'drop' | 'keep';
  /** `live`: what the live object has stays, also when that is nothing. `backup`: the backup's value is sent. */
  readonly onUpdate: 'live' | 'backup';
  readonly reason: string;
  readonly source: string;
}

/** The fields of every object that the API server alone writes; they are in no request. */
export const systemMetadata: readonly FieldPath[] = [
  '/metadata/uid',
  '/metadata/resourceVersion',
  '/metadata/generation',
  '/metadata/creationTimestamp',
  '/metadata/deletionTimestamp',
  '/metadata/deletionGracePeriodSeconds',
  '/metadata/selfLink',
  '/metadata/managedFields',
];

/** Rules that need no more than a path. Those that do are in {@link itemRules}. */
export const serverFields: readonly ServerFields[] = [
  {
    types: ['namespaces'],
    fields: ['/spec/finalizers', '/metadata/labels/kubernetes.io~1metadata.name'],
    onCreate: 'drop',
    onUpdate: 'live',
    reason: 'the API server sets both',
    source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name',
  },
  {
    types: ['deployments.apps'],
    fields: ['/metadata/annotations/deployment.kubernetes.io~1revision'],
    onCreate: 'keep',
    onUpdate: 'live',
    reason: 'the deployment controller counts its replica sets in it',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-back-to-a-previous-revision',
  },
  {
    types: ['daemonsets.apps'],
    fields: ['/metadata/annotations/deprecated.daemonset.template.generation'],
    onCreate: 'keep',
    onUpdate: 'live',
    reason: 'the API server counts changes of the template in it',
    source: 'https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/registry/apps/daemonset/strategy.go',
  },
  {
    types: ['persistentvolumeclaims'],
    fields: [
      '/metadata/annotations/pv.kubernetes.io~1bind-completed',
      '/metadata/annotations/pv.kubernetes.io~1bound-by-controller',
      '/metadata/annotations/volume.kubernetes.io~1storage-provisioner',
      '/metadata/annotations/volume.beta.kubernetes.io~1storage-provisioner',
      '/metadata/annotations/volume.kubernetes.io~1selected-node',
    ],
    onCreate: 'drop',
    onUpdate: 'live',
    reason: 'the volume controller and the scheduler write them while they bind; old ones name old nodes and volumes',
    source: 'https://kubernetes.io/docs/reference/labels-annotations-taints/#pv-kubernetes-io-bind-completed',
  },
  {
    types: ['persistentvolumes'],
    fields: ['/spec/claimRef/uid', '/spec/claimRef/resourceVersion'],
    onCreate: 'drop',
    onUpdate: 'live',
    reason:
      'a volume whose claim has another uid counts as released, and is deleted by its reclaim policy; without uid it waits for the claim of that name',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume',
  },
  {
    types: ['persistentvolumes'],
    fields: ['/spec/claimRef', '/metadata/annotations/pv.kubernetes.io~1bound-by-controller'],
    onCreate: 'keep',
    onUpdate: 'live',
    reason: 'says who uses the volume now; an older one would take it away from its claim',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding',
  },
  {
    types: ['volumesnapshotcontents.snapshot.storage.k8s.io'],
    fields: ['/spec/volumeSnapshotRef/uid', '/spec/volumeSnapshotRef/resourceVersion'],
    onCreate: 'drop',
    onUpdate: 'live',
    reason: 'the snapshot controller binds by name and writes the uid',
    source: 'https://kubernetes.io/docs/concepts/storage/volume-snapshots/#static',
  },
  {
    types: ['customresourcedefinitions.apiextensions.k8s.io'],
    fields: ['/spec/conversion/webhook/clientConfig/caBundle'],
    onCreate: 'keep',
    onUpdate: 'live',
    reason: 'certificates are renewed: the live one is the one that works',
    source: 'https://cert-manager.io/docs/concepts/ca-injector/',
  },
  {
    types: ['apiservices.apiregistration.k8s.io'],
    fields: ['/spec/caBundle'],
    onCreate: 'keep',
    onUpdate: 'live',
    reason: 'certificates are renewed: the live one is the one that works',
    source: 'https://cert-manager.io/docs/concepts/ca-injector/',
  },
  {
    types: ['pods'],
    fields: [
      '/spec/nodeName',
      '/spec/priority',
      '/spec/preemptionPolicy',
      '/spec/ephemeralContainers',
      '/spec/overhead',
    ],
    onCreate: 'drop',
    onUpdate: 'live',
    reason: 'the scheduler and admission fill them in; admission refuses values that are not its own',
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#pod-priority',
  },
];
