import type { TypeName } from '../object/resource-type.ts';

/** Types whose status a restore leaves to their controllers, though they have a status subresource. */
export interface StatusRule {
  readonly types: readonly TypeName[];
  readonly reason: string;
  readonly source: string;
}

/** For every other type with a status subresource, the status of the backup is written after the object is created. */
const statusLeft: readonly StatusRule[] = [
  {
    types: ['namespaces'],
    reason: 'its phase is the state of its own deletion',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#automatic-labelling',
  },
  {
    types: ['customresourcedefinitions.apiextensions.k8s.io'],
    reason: 'the API server writes what it has accepted and stores',
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/',
  },
  {
    types: ['apiservices.apiregistration.k8s.io'],
    reason: 'says whether the back end answers now',
    source: 'https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/',
  },
  {
    types: ['resourcequotas'],
    reason: 'admission would count the objects of the backup twice',
    source: 'https://kubernetes.io/docs/concepts/policy/resource-quotas/#viewing-and-setting-quotas',
  },
  {
    types: ['poddisruptionbudgets.policy'],
    reason: 'evictions are granted by it: an old one would allow what pods that are not up yet cannot bear',
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets',
  },
  {
    types: ['cronjobs.batch'],
    reason: 'an old lastScheduleTime makes every run since then a missed one, and the last of them start at once',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension',
  },
  {
    types: ['jobs.batch', 'pods'],
    reason: 'says what has run, and nothing of it has',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/',
  },
  {
    types: [
      'deployments.apps',
      'replicasets.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'replicationcontrollers',
      'horizontalpodautoscalers.autoscaling',
    ],
    reason: 'counts pods that are not there yet: who waits for a rollout would be told that it is done',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status',
  },
  {
    types: ['persistentvolumes', 'persistentvolumeclaims'],
    reason: 'the volume controller binds them anew and writes what it found',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase',
  },
  {
    types: ['services', 'ingresses.networking.k8s.io'],
    reason: 'its addresses are those of a load balancer that may be gone, and DNS is fed from them',
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer',
  },
  {
    types: [
      'flowschemas.flowcontrol.apiserver.k8s.io',
      'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
      'validatingadmissionpolicies.admissionregistration.k8s.io',
      'mutatingadmissionpolicies.admissionregistration.k8s.io',
      'servicecidrs.networking.k8s.io',
    ],
    reason: 'the API server writes what it has found out about the spec',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking',
  },
];

/** Why the status of the type is left to its controller; undefined where it is restored. */
export function statusLeftBecause(type: TypeName): string | undefined {
  return statusLeft.find((row) => row.types.includes(type))?.reason;
}
