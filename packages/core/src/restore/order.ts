import type { TypeName } from '../object/resource-type.ts';

/** One step of a restore: everything of a tier is written before anything of the next. */
export interface Tier {
  readonly name: string;
  /** Whole type names, `*` for what no other row names. */
  readonly types: readonly TypeName[];
  readonly reason: string;
  readonly source: string;
}

/**
 * The order in which types are written, first to last. Inside and across tiers an owner comes before its dependents;
 * that is decided per object, by `orderObjects`.
 */
export const tiers: readonly Tier[] = [
  {
    name: 'namespaces',
    types: ['namespaces'],
    reason: 'nothing namespaced can be created before its namespace',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
  },
  {
    name: 'custom resource definitions',
    types: ['customresourcedefinitions.apiextensions.k8s.io'],
    reason: 'a custom resource can be created once its definition is Established',
    source: 'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/',
  },
  {
    name: 'classes',
    types: [
      'priorityclasses.scheduling.k8s.io',
      'runtimeclasses.node.k8s.io',
      'storageclasses.storage.k8s.io',
      'csidrivers.storage.k8s.io',
      'volumeattributesclasses.storage.k8s.io',
      'volumesnapshotclasses.snapshot.storage.k8s.io',
      'ingressclasses.networking.k8s.io',
      'gatewayclasses.gateway.networking.k8s.io',
      'deviceclasses.resource.k8s.io',
      'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
      'flowschemas.flowcontrol.apiserver.k8s.io',
      'servicecidrs.networking.k8s.io',
    ],
    reason:
      'admission refuses pods whose PriorityClass or RuntimeClass is missing; claims without class find no volume',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#priority',
  },
  {
    name: 'limits and quotas',
    types: ['limitranges', 'resourcequotas'],
    reason: 'their defaults and limits hold for objects that are created after them',
    source: 'https://kubernetes.io/docs/concepts/policy/limit-range/',
  },
  {
    name: 'roles',
    types: ['clusterroles.rbac.authorization.k8s.io', 'roles.rbac.authorization.k8s.io'],
    reason: 'a binding to a role that the restorer does not hold itself needs the role to exist',
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update',
  },
  {
    name: 'service accounts',
    types: ['serviceaccounts'],
    reason: 'admission refuses pods whose service account is missing; token Secrets of a missing account are deleted',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller',
  },
  {
    name: 'role bindings',
    types: ['clusterrolebindings.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io'],
    reason: 'they name roles and service accounts, which workloads then need from their first second',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/',
  },
  {
    name: 'configuration',
    types: ['secrets', 'configmaps'],
    reason: 'pods wait for what they mount',
    source: 'https://kubernetes.io/docs/concepts/configuration/secret/#restrictions-secret-must-exist',
  },
  {
    name: 'volumes',
    types: ['persistentvolumes'],
    reason: 'a claim that names its volume binds to it; one that comes first may be given another',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume',
  },
  {
    name: 'volume claims',
    types: [
      'volumesnapshotcontents.snapshot.storage.k8s.io',
      'volumesnapshots.snapshot.storage.k8s.io',
      'persistentvolumeclaims',
    ],
    reason: 'a StatefulSet makes the claims that it does not find, with volumes of their own',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage',
  },
  {
    name: 'network',
    types: [
      'networkpolicies.networking.k8s.io',
      'services',
      'endpoints',
      'endpointslices.discovery.k8s.io',
      'ingresses.networking.k8s.io',
    ],
    reason: 'pods get the addresses of Services as environment at their start, and policies hold before they run',
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables',
  },
  {
    name: 'rollout history',
    types: ['controllerrevisions.apps', 'replicasets.apps'],
    reason:
      'their workload adopts the ones whose labels it selects; where it finds none, it makes one of its own and the revisions are lost',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions',
  },
  {
    name: 'workloads',
    types: [
      'pods',
      'replicationcontrollers',
      'daemonsets.apps',
      'statefulsets.apps',
      'deployments.apps',
      'jobs.batch',
      'cronjobs.batch',
      'poddisruptionbudgets.policy',
      'horizontalpodautoscalers.autoscaling',
    ],
    reason: 'they start at once and need all of the above',
    source: 'https://kubernetes.io/docs/concepts/workloads/',
  },
  {
    name: 'everything else',
    types: ['*'],
    reason: 'custom resources, after their definitions and the controllers that look after them',
    source: 'https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/',
  },
  {
    name: 'aggregated APIs',
    types: ['apiservices.apiregistration.k8s.io'],
    reason: 'a group whose back end does not answer yet makes discovery fail for everybody',
    source: 'https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/',
  },
  {
    name: 'admission',
    types: [
      'validatingadmissionpolicies.admissionregistration.k8s.io',
      'mutatingadmissionpolicies.admissionregistration.k8s.io',
      'validatingadmissionpolicybindings.admissionregistration.k8s.io',
      'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
      'mutatingwebhookconfigurations.admissionregistration.k8s.io',
      'validatingwebhookconfigurations.admissionregistration.k8s.io',
    ],
    reason: 'a webhook whose back end is not up yet refuses, or changes, whatever is written after it',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/',
  },
];

const tierByType = new Map(tiers.flatMap((tier, index) => tier.types.map((type) => [type, index] as const)));
const tierOfTheRest = tierByType.get('*')!;

/** The place of a type in {@link tiers}. */
export function tierOf(type: TypeName): number {
  return tierByType.get(type) ?? tierOfTheRest;
}
