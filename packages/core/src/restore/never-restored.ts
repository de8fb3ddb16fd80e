import type { Manifest } from '../object/manifest.ts';
import type { TypeName } from '../object/resource-type.ts';
import { matchesPattern } from '../select/pattern.ts';
import { childOf, textOf } from './draft.ts';
import { isSizesName } from './kept-sizes.ts';
import type { OwnerState } from './owners.ts';

/** What the rows may ask beyond the object itself. */
export interface NeverRestoredContext {
  /** Whether the owner that controls the object is live, is restored along, or neither. */
  readonly controller: OwnerState['kind'];
  /** Whether an object of that type and name is in the same namespace, live or restored along. */
  readonly isBeside: (type: TypeName, name: string) => boolean;
  /** Whether a cluster-scoped object of that type and name is live or in the backup. */
  readonly isInCluster: (type: TypeName, name: string) => boolean;
}

/** One row of what a restore leaves alone unless the object was named. */
export interface NeverRestored {
  /** Names the row in plans and results. */
  readonly id: string;
  /** Whole type names, or patterns of them. */
  readonly types: readonly TypeName[];
  /** Which objects of the types; absent: all. */
  readonly only?: (manifest: Manifest, context: NeverRestoredContext) => boolean;
  /** Whose it is: only `control-plane` rows are lifted by `--include-control-plane`. */
  readonly kind: 'control-plane' | 'derived' | 'moment' | 'another-tool';
  readonly reason: string;
  readonly source: string;
}

const rbac = [
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
];

/** The first row that holds decides. Rows of one kind stand together. */
export const neverRestored: readonly NeverRestored[] = [
  {
    id: 'bootstrap-rbac',
    types: rbac,
    only: (object) =>
      label(object, 'kubernetes.io/bootstrapping') === 'rbac-defaults' &&
      annotation(object, 'rbac.authorization.kubernetes.io/autoupdate') !== 'false',
    kind: 'control-plane',
    reason: "the API server's own role, of its own version: an older one takes rights from newer components for good",
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation',
  },
  {
    id: 'autoupdated-rbac',
    types: rbac,
    only: (object) => annotation(object, 'rbac.authorization.kubernetes.io/autoupdate') === 'true',
    kind: 'control-plane',
    reason: 'the API server brings it up to its own version at each start',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation',
  },
  {
    id: 'controller-accounts',
    types: ['serviceaccounts'],
    only: (object, context) =>
      object.metadata.namespace === 'kube-system' &&
      context.isInCluster('clusterrolebindings.rbac.authorization.k8s.io', `system:controller:${object.metadata.name}`),
    kind: 'control-plane',
    reason: 'a controller of the control plane makes its own account when it needs one',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles',
  },
  {
    id: 'autoupdated-flow-control',
    types: ['flowschemas.flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io'],
    only: (object) => annotation(object, 'apf.kubernetes.io/autoupdate-spec') === 'true',
    kind: 'control-plane',
    reason: 'the API server keeps its spec as its own version wants it',
    source:
      'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#maintenance-of-the-mandatory-and-suggested-configuration-objects',
  },
  {
    id: 'system-priority-classes',
    types: ['priorityclasses.scheduling.k8s.io'],
    only: (object) => object.metadata.name.startsWith('system-'),
    kind: 'control-plane',
    reason: 'the API server makes the classes with the prefix system- and lets nobody else',
    source:
      'https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/#marking-pod-as-critical',
  },
  {
    id: 'automanaged-api-services',
    types: ['apiservices.apiregistration.k8s.io'],
    only: (object) => label(object, 'kube-aggregator.kubernetes.io/automanaged') !== undefined,
    kind: 'control-plane',
    reason: 'the aggregator registers what the API server itself, and each definition, serves',
    source:
      'https://github.com/kubernetes/kube-aggregator/blob/master/pkg/controllers/autoregister/autoregister_controller.go',
  },
  {
    id: 'kubernetes-service',
    types: ['services', 'endpoints', 'endpointslices.discovery.k8s.io'],
    only: (object) => object.metadata.namespace === 'default' && object.metadata.name === 'kubernetes',
    kind: 'control-plane',
    reason: "the API server's own address, which it keeps itself",
    source: 'https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api',
  },
  {
    id: 'root-certificates',
    types: ['configmaps'],
    only: (object) =>
      object.metadata.name === 'kube-root-ca.crt' || object.metadata.name === 'openshift-service-ca.crt',
    kind: 'control-plane',
    reason: "this cluster's certificate authority, published into each namespace; another one's breaks every pod there",
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#cluster-trust-bundles',
  },
  {
    id: 'request-header-authentication',
    types: ['configmaps'],
    only: (object) =>
      object.metadata.namespace === 'kube-system' &&
      ['extension-apiserver-authentication', 'kube-apiserver-legacy-service-account-token-tracking'].includes(
        object.metadata.name,
      ),
    kind: 'control-plane',
    reason: 'the API server writes it at its start, for its own certificates',
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#original-request-username-and-group',
  },
  {
    id: 'kubeadm-configuration',
    types: ['configmaps'],
    only: (object) =>
      object.metadata.namespace === 'kube-system' &&
      (object.metadata.name === 'kubeadm-config' || object.metadata.name.startsWith('kubelet-config')),
    kind: 'control-plane',
    reason: 'kubeadm keeps the version of the cluster in it: an older one undoes what an upgrade wrote',
    source:
      'https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#save-the-kubeadm-clusterconfiguration-in-a-configmap-for-later-reference',
  },
  {
    id: 'service-addresses',
    types: ['ipaddresses.networking.k8s.io'],
    kind: 'control-plane',
    reason: 'the API server makes one for each cluster IP that it gives out',
    source: 'https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects',
  },
  {
    id: 'default-service-cidr',
    types: ['servicecidrs.networking.k8s.io'],
    only: (object) => object.metadata.name === 'kubernetes',
    kind: 'control-plane',
    reason: "made from the API server's own flags",
    source: 'https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/',
  },
  {
    id: 'control-plane-trust',
    types: ['clustertrustbundles.certificates.k8s.io'],
    only: (object) => textOf(object['spec'], 'signerName')?.startsWith('kubernetes.io/') === true,
    kind: 'control-plane',
    reason: "a certificate authority of this cluster's own signers",
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#cluster-trust-bundles',
  },
  {
    id: 'storage-versions',
    types: ['storageversions.internal.apiserver.k8s.io', 'leasecandidates.coordination.k8s.io'],
    kind: 'control-plane',
    reason: 'written by running API servers about themselves',
    source: 'https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/StorageVersionAPI/',
  },
  {
    id: 'leader-records',
    types: ['configmaps', 'endpoints'],
    only: (object) => annotation(object, 'control-plane.alpha.kubernetes.io/leader') !== undefined,
    kind: 'moment',
    reason: 'names a leader that is gone',
    source: 'https://github.com/kubernetes/client-go/blob/v0.23.0/tools/leaderelection/resourcelock/interface.go',
  },
  {
    id: 'sizes-of-a-run',
    types: ['configmaps'],
    only: ({ metadata }) => isSizesName(metadata.name),
    kind: 'moment',
    reason: 'remembers the sizes of workloads that a restore has scaled down, until they have them back',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment',
  },
  {
    id: 'nodes',
    types: [
      'nodes',
      'csinodes.storage.k8s.io',
      'csistoragecapacities.storage.k8s.io',
      'resourceslices.resource.k8s.io',
    ],
    kind: 'moment',
    reason: 'a machine registers itself, and drivers say what it has',
    source: 'https://kubernetes.io/docs/concepts/architecture/nodes/#self-registration-of-nodes',
  },
  {
    id: 'volume-attachments',
    types: ['volumeattachments.storage.k8s.io'],
    kind: 'moment',
    reason: 'says what is attached to a machine now',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/',
  },
  {
    id: 'events',
    types: ['events', 'events.events.k8s.io'],
    kind: 'moment',
    reason: 'a log of the past that expires by itself',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/',
  },
  {
    id: 'leases',
    types: ['leases.coordination.k8s.io'],
    kind: 'moment',
    reason: 'a heartbeat; an old one names a holder that is gone',
    source: 'https://kubernetes.io/docs/concepts/architecture/leases/',
  },
  {
    id: 'certificate-requests',
    types: ['certificatesigningrequests.certificates.k8s.io', 'podcertificaterequests.certificates.k8s.io'],
    kind: 'moment',
    reason: 'the server stamps it with whoever creates it, so ours would ask for a certificate in the wrong name',
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#request-signing-process',
  },
  {
    id: 'computed',
    types: ['componentstatuses', '*.metrics.k8s.io'],
    kind: 'moment',
    reason: 'computed at each read',
    source: 'https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/',
  },
  {
    id: 'mirror-pods',
    types: ['pods'],
    only: (object) => annotation(object, 'kubernetes.io/config.mirror') !== undefined,
    kind: 'derived',
    reason: 'the image of a static pod, which its kubelet makes from a file',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/',
  },
  {
    id: 'finished-pods',
    types: ['pods'],
    only: (object) => ['Succeeded', 'Failed'].includes(textOf(object['status'], 'phase') ?? ''),
    kind: 'moment',
    reason: 'it has run, and would run again',
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase',
  },
  {
    id: 'controlled-pods',
    types: ['pods'],
    only: (_, context) => context.controller !== 'absent',
    kind: 'derived',
    reason: 'its controller makes it anew, and would delete one that is too many',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions',
  },
  {
    id: 'live-rollout-history',
    types: ['replicasets.apps', 'controllerrevisions.apps'],
    only: (_, context) => context.controller === 'live',
    kind: 'derived',
    reason: 'its live workload keeps its own history, and would delete what is too old',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#clean-up-policy',
  },
  {
    id: 'cron-jobs-jobs',
    types: ['jobs.batch'],
    only: (object, context) =>
      context.controller !== 'absent' &&
      object.metadata.ownerReferences?.some((owner) => owner.kind === 'CronJob') === true,
    kind: 'derived',
    reason: 'its CronJob makes the next one by its schedule',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#jobs-history-limits',
  },
  {
    id: 'finished-jobs',
    types: ['jobs.batch'],
    only: (object) => isFinishedJob(object),
    kind: 'moment',
    reason: 'it has run, and would run again',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup',
  },
  {
    id: 'managed-endpoint-slices',
    types: ['endpointslices.discovery.k8s.io'],
    only: (object) =>
      ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'].includes(
        label(object, 'endpointslice.kubernetes.io/managed-by') ?? '',
      ),
    kind: 'derived',
    reason: 'a controller writes it from a Service and its pods',
    source: 'https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#management',
  },
  {
    id: 'managed-endpoints',
    types: ['endpoints'],
    only: (object, context) =>
      label(object, 'endpoints.kubernetes.io/managed-by') === 'endpoint-controller' ||
      annotation(object, 'endpoints.kubernetes.io/last-change-trigger-time') !== undefined ||
      (label(object, 'service.kubernetes.io/headless') !== undefined &&
        context.isBeside('services', object.metadata.name)),
    kind: 'derived',
    reason: 'a controller writes it from a Service and its pods',
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/#endpoints',
  },
  {
    id: 'tokens-without-account',
    types: ['secrets'],
    only: (object, context) => {
      const account = annotation(object, 'kubernetes.io/service-account.name');
      return (
        object['type'] === 'kubernetes.io/service-account-token' &&
        (account === undefined || !context.isBeside('serviceaccounts', account))
      );
    },
    kind: 'derived',
    reason: 'the token of a service account that is neither live nor restored: the token controller would delete it',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller',
  },
  {
    id: 'rancher-builtin-roles',
    types: ['globalroles.management.cattle.io', 'roletemplates.management.cattle.io'],
    only: (object) => object['builtin'] === true || object['builtin'] === 'true',
    kind: 'another-tool',
    reason: 'Rancher makes its built-in roles itself, of its own version',
    source: 'https://github.com/rancher/backup-restore-operator/blob/main/pkg/controllers/restore/download.go',
  },
  {
    id: 'rancher-deployments',
    types: ['deployments.apps'],
    only: (object) =>
      object.metadata.namespace === 'cattle-system' &&
      (object.metadata.name.endsWith('rancher') || object.metadata.name.endsWith('rancher-webhook')),
    kind: 'another-tool',
    reason: 'Rancher itself is installed by its chart; an older one would migrate its data backwards',
    source: 'https://github.com/rancher/backup-restore-operator/blob/main/pkg/controllers/restore/controller.go',
  },
  {
    id: 'fleet-registration',
    types: ['secrets'],
    only: (object) => object['type'] === 'fleet.cattle.io/cluster-registration-values',
    kind: 'another-tool',
    reason: 'Fleet issues it anew when a cluster registers again',
    source: 'https://github.com/rancher/backup-restore-operator/blob/main/pkg/controllers/restore/controller.go',
  },
  {
    id: 'velero-records',
    types: [
      'backups.velero.io',
      'restores.velero.io',
      'backuprepositories.velero.io',
      'resticrepositories.velero.io',
      'downloadrequests.velero.io',
      'serverstatusrequests.velero.io',
      'deletebackuprequests.velero.io',
    ],
    kind: 'another-tool',
    reason: 'Velero reads its backups from their bucket; a restored request would be carried out again',
    source: 'https://github.com/velero-io/velero/blob/main/pkg/controller/restore_controller.go',
  },
];

/** The row that keeps the object from being restored; undefined when nothing does. */
export function neverRestoredBy(
  type: TypeName,
  manifest: Manifest,
  context: NeverRestoredContext,
): NeverRestored | undefined {
  return neverRestored.find(
    (row) => row.types.some((pattern) => matchesPattern(pattern, type)) && (row.only?.(manifest, context) ?? true),
  );
}

function isFinishedJob(object: Manifest): boolean {
  const status = childOf(object, 'status');
  if (status?.['completionTime'] !== undefined) return true;
  const conditions = status?.['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some(
      (condition) =>
        ['Complete', 'Failed'].includes(textOf(condition, 'type') ?? '') && textOf(condition, 'status') === 'True',
    )
  );
}

function label(object: Manifest, key: string): string | undefined {
  return object.metadata.labels?.[key];
}

function annotation(object: Manifest, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}
