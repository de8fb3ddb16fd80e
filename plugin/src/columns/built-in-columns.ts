import type { TypeName } from '@infrabackup/core';
import { formatAgeAt } from '../render/age.ts';
import {
  accessModes,
  addressParent,
  apiServiceAvailable,
  autoscalerTargets,
  controller,
  each,
  endpointAddresses,
  endpointPorts,
  endpointsSubsets,
  ingressAddress,
  ingressClassParameters,
  ingressHosts,
  jobDuration,
  jobStatus,
  listed,
  nameWithDefault,
  nodeKernel,
  nodeRoles,
  nodeStatus,
  quota,
  ratio,
  selector,
  serviceExternalIp,
  servicePorts,
  since,
  sizeOf,
  slashed,
  subjects,
  terminatingOr,
  trueOrFalse,
} from './cells.ts';
import { ageColumn, at, nameColumn, type Cell, type ObjectColumn } from './object-column.ts';
import { formatPodReady, formatPodRestarts, formatPodStatus, formatReadinessGates } from './pod-cells.ts';

/** How the API server shows one of its own types. */
export interface BuiltInColumns {
  readonly type: TypeName;
  readonly source: string;
  readonly columns: readonly ObjectColumn[];
}

/**
 * The columns of built-in types, as kubectl shows them. Types that are not here show NAME and AGE.
 *
 * One row a type: its name, the line of printers.go that it is taken from, its columns. One table, so the file is long.
 */
export const builtInColumns: readonly BuiltInColumns[] = [
  row('pods', 924, [
    nameColumn,
    column('READY', formatPodReady),
    column('STATUS', formatPodStatus),
    column('RESTARTS', formatPodRestarts),
    ageColumn,
    wide('IP', at('.status.podIPs[0].ip', '<none>')),
    wide('NODE', at('.spec.nodeName', '<none>')),
    wide('NOMINATED NODE', at('.status.nominatedNodeName', '<none>')),
    wide('READINESS GATES', formatReadinessGates),
  ]),
  row('deployments.apps', 2463, [
    nameColumn,
    column('READY', ratio('.status.readyReplicas', '.spec.replicas')),
    column('UP-TO-DATE', at('.status.updatedReplicas', '0')),
    column('AVAILABLE', at('.status.availableReplicas', '0')),
    ageColumn,
    ...containers('.spec.template'),
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('replicasets.apps', 1221, [
    nameColumn,
    column('DESIRED', at('.spec.replicas', '0')),
    column('CURRENT', at('.status.replicas', '0')),
    column('READY', at('.status.readyReplicas', '0')),
    ageColumn,
    ...containers('.spec.template'),
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('statefulsets.apps', 1560, [
    nameColumn,
    column('READY', ratio('.status.readyReplicas', '.spec.replicas')),
    ageColumn,
    ...containers('.spec.template'),
  ]),
  row('daemonsets.apps', 1587, [
    nameColumn,
    column('DESIRED', at('.status.desiredNumberScheduled', '0')),
    column('CURRENT', at('.status.currentNumberScheduled', '0')),
    column('READY', at('.status.numberReady', '0')),
    column('UP-TO-DATE', at('.status.updatedNumberScheduled', '0')),
    column('AVAILABLE', at('.status.numberAvailable', '0')),
    column('NODE SELECTOR', selector('.spec.template.spec.nodeSelector')),
    ageColumn,
    ...containers('.spec.template'),
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('jobs.batch', 1250, [
    nameColumn,
    column('STATUS', jobStatus),
    column('COMPLETIONS', ratio('.status.succeeded', '.spec.completions', '1')),
    column('DURATION', jobDuration),
    ageColumn,
    ...containers('.spec.template'),
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('cronjobs.batch', 1314, [
    nameColumn,
    column('SCHEDULE', at('.spec.schedule')),
    column('TIMEZONE', at('.spec.timeZone', '<none>')),
    column('SUSPEND', trueOrFalse('.spec.suspend')),
    column('ACTIVE', sizeOf('.status.active')),
    column('LAST SCHEDULE', since('.status.lastScheduleTime', formatAgeAt, '<none>')),
    ageColumn,
    ...containers('.spec.jobTemplate.spec.template'),
    wide('SELECTOR', selector('.spec.jobTemplate.spec.selector')),
  ]),
  row('services', 1413, [
    nameColumn,
    column('TYPE', at('.spec.type')),
    column('CLUSTER-IP', at('.spec.clusterIPs[0]', '<none>')),
    column('EXTERNAL-IP', serviceExternalIp),
    column('PORT(S)', servicePorts),
    ageColumn,
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('endpointslices.discovery.k8s.io', 1638, [
    nameColumn,
    column('ADDRESSTYPE', at('.addressType')),
    column('PORTS', endpointPorts),
    column('ENDPOINTS', endpointAddresses),
    ageColumn,
  ]),
  row('ingresses.networking.k8s.io', 1478, [
    nameColumn,
    column('CLASS', at('.spec.ingressClassName', '<none>')),
    column('HOSTS', ingressHosts),
    column('ADDRESS', ingressAddress),
    column('PORTS', (object, nowMs) => (sizeOf('.spec.tls')(object, nowMs) === '0' ? '80' : '80, 443')),
    ageColumn,
  ]),
  row('ingressclasses.networking.k8s.io', 1526, [
    column('NAME', nameWithDefault('ingressclass.kubernetes.io/is-default-class')),
    column('CONTROLLER', at('.spec.controller')),
    column('PARAMETERS', ingressClassParameters),
    ageColumn,
  ]),
  row('networkpolicies.networking.k8s.io', 2652, [
    nameColumn,
    column('POD-SELECTOR', selector('.spec.podSelector')),
    ageColumn,
  ]),
  row('configmaps', 2632, [nameColumn, column('DATA', sizeOf('.data', '.binaryData')), ageColumn]),
  row('secrets', 1938, [nameColumn, column('TYPE', at('.type')), column('DATA', sizeOf('.data')), ageColumn]),
  row('namespaces', 1918, [nameColumn, column('STATUS', at('.status.phase')), ageColumn]),
  row('nodes', 1978, [
    nameColumn,
    column('STATUS', nodeStatus),
    column('ROLES', nodeRoles),
    ageColumn,
    column('VERSION', at('.status.nodeInfo.kubeletVersion')),
    wide('INTERNAL-IP', at('.status.addresses[?(@.type=="InternalIP")].address', '<none>')),
    wide('EXTERNAL-IP', at('.status.addresses[?(@.type=="ExternalIP")].address', '<none>')),
    wide('OS-IMAGE', at('.status.nodeInfo.osImage', '<unknown>')),
    wide('KERNEL-VERSION', nodeKernel),
    wide('CONTAINER-RUNTIME', at('.status.nodeInfo.containerRuntimeVersion', '<unknown>')),
  ]),
  row('persistentvolumes', 2087, [
    nameColumn,
    column('CAPACITY', at('.spec.capacity.storage')),
    column('ACCESS MODES', accessModes('.spec.accessModes')),
    column('RECLAIM POLICY', at('.spec.persistentVolumeReclaimPolicy')),
    column('STATUS', terminatingOr(at('.status.phase'))),
    column('CLAIM', slashed('', '.spec.claimRef.namespace', '.spec.claimRef.name')),
    column('STORAGECLASS', at('.spec.storageClassName')),
    column('VOLUMEATTRIBUTESCLASS', at('.spec.volumeAttributesClassName', '<unset>')),
    column('REASON', at('.status.reason')),
    ageColumn,
    wide('VOLUMEMODE', at('.spec.volumeMode', '<unset>')),
  ]),
  row('persistentvolumeclaims', 2137, [
    nameColumn,
    column('STATUS', terminatingOr(at('.status.phase'))),
    column('VOLUME', at('.spec.volumeName')),
    column('CAPACITY', at('.status.capacity.storage')),
    column('ACCESS MODES', accessModes('.status.accessModes')),
    column('STORAGECLASS', at('.spec.storageClassName')),
    column('VOLUMEATTRIBUTESCLASS', at('.spec.volumeAttributesClassName', '<unset>')),
    ageColumn,
    wide('VOLUMEMODE', at('.spec.volumeMode', '<unset>')),
  ]),
  row('storageclasses.storage.k8s.io', 2672, [
    column('NAME', nameWithDefault('storageclass.kubernetes.io/is-default-class')),
    column('PROVISIONER', at('.provisioner')),
    column('RECLAIMPOLICY', at('.reclaimPolicy', 'Delete')),
    column('VOLUMEBINDINGMODE', at('.volumeBindingMode', 'Immediate')),
    column('ALLOWVOLUMEEXPANSION', at('.allowVolumeExpansion', 'false')),
    ageColumn,
  ]),
  row('horizontalpodautoscalers.autoscaling', 2601, [
    nameColumn,
    column('REFERENCE', slashed('', '.spec.scaleTargetRef.kind', '.spec.scaleTargetRef.name')),
    column('TARGETS', autoscalerTargets),
    column('MINPODS', at('.spec.minReplicas', '<unset>')),
    column('MAXPODS', at('.spec.maxReplicas', '0')),
    column('REPLICAS', at('.status.currentReplicas', '0')),
    ageColumn,
  ]),
  row('poddisruptionbudgets.policy', 1152, [
    nameColumn,
    column('MIN AVAILABLE', at('.spec.minAvailable', 'N/A')),
    column('MAX UNAVAILABLE', at('.spec.maxUnavailable', 'N/A')),
    column('ALLOWED DISRUPTIONS', at('.status.disruptionsAllowed', '0')),
    ageColumn,
  ]),
  row('resourcequotas', 2877, [
    nameColumn,
    column('REQUEST', quota('requests')),
    column('LIMIT', quota('limits')),
    ageColumn,
  ]),
  row('rolebindings.rbac.authorization.k8s.io', 2253, bindingColumns()),
  row('clusterrolebindings.rbac.authorization.k8s.io', 2280, bindingColumns()),
  row('priorityclasses.scheduling.k8s.io', 2921, [
    nameColumn,
    column('VALUE', at('.value', '0')),
    column('GLOBAL-DEFAULT', at('.globalDefault', 'false')),
    ageColumn,
    wide('PREEMPTIONPOLICY', at('.preemptionPolicy')),
  ]),
  row('mutatingwebhookconfigurations.admissionregistration.k8s.io', 1762, [
    nameColumn,
    column('WEBHOOKS', sizeOf('.webhooks')),
    ageColumn,
  ]),
  row('validatingwebhookconfigurations.admissionregistration.k8s.io', 1782, [
    nameColumn,
    column('WEBHOOKS', sizeOf('.webhooks')),
    ageColumn,
  ]),
  row('replicationcontrollers', 1188, [
    nameColumn,
    column('DESIRED', at('.spec.replicas', '0')),
    column('CURRENT', at('.status.replicas', '0')),
    column('READY', at('.status.readyReplicas', '0')),
    ageColumn,
    ...containers('.spec.template'),
    wide('SELECTOR', selector('.spec.selector')),
  ]),
  row('podtemplates', 1131, [
    nameColumn,
    column('CONTAINERS', each('.template.spec.containers', 'name')),
    column('IMAGES', each('.template.spec.containers', 'image')),
    column('POD LABELS', selector('.template.metadata.labels')),
  ]),
  row('controllerrevisions.apps', 2833, [
    nameColumn,
    column('CONTROLLER', controller),
    column('REVISION', at('.revision', '0')),
    ageColumn,
  ]),
  row('endpoints', 1618, [nameColumn, column('ENDPOINTS', endpointsSubsets), ageColumn]),
  row('runtimeclasses.node.k8s.io', 2952, [nameColumn, column('HANDLER', at('.handler')), ageColumn]),
  row('servicecidrs.networking.k8s.io', 3118, [nameColumn, column('CIDRS', listed('.spec.cidrs')), ageColumn]),
  row('ipaddresses.networking.k8s.io', 3140, [nameColumn, column('PARENTREF', addressParent)]),
  row('csidrivers.storage.k8s.io', 1678, [
    nameColumn,
    column('ATTACHREQUIRED', at('.spec.attachRequired', 'true')),
    column('PODINFOONMOUNT', at('.spec.podInfoOnMount', 'false')),
    column('STORAGECAPACITY', at('.spec.storageCapacity', 'false')),
    column('TOKENREQUESTS', each('.spec.tokenRequests', 'audience', '<unset>')),
    column('REQUIRESREPUBLISH', at('.spec.requiresRepublish', 'false')),
    column('MODES', listed('.spec.volumeLifecycleModes', '<none>')),
    ageColumn,
  ]),
  row('validatingadmissionpolicies.admissionregistration.k8s.io', 1802, [
    nameColumn,
    column('VALIDATIONS', sizeOf('.spec.validations')),
    column('PARAMKIND', slashed('<unset>', '.spec.paramKind.apiVersion', '.spec.paramKind.kind')),
    ageColumn,
  ]),
  row('validatingadmissionpolicybindings.admissionregistration.k8s.io', 1826, [
    nameColumn,
    column('POLICYNAME', at('.spec.policyName')),
    column('PARAMREF', slashed('<unset>', '.spec.paramRef.namespace', '.spec.paramRef.name')),
    ageColumn,
  ]),
  row('flowschemas.flowcontrol.apiserver.k8s.io', 3004, [
    nameColumn,
    column('PRIORITYLEVEL', at('.spec.priorityLevelConfiguration.name')),
    column('MATCHINGPRECEDENCE', at('.spec.matchingPrecedence', '0')),
    column('DISTINGUISHERMETHOD', at('.spec.distinguisherMethod.type', '<none>')),
    ageColumn,
    column('MISSINGPL', at('.status.conditions[?(@.type=="Dangling")].status', '?')),
  ]),
  row('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', 3084, [
    nameColumn,
    column('TYPE', at('.spec.type')),
    column('NOMINALCONCURRENCYSHARES', at('.spec.limited.nominalConcurrencyShares', '<none>')),
    column('QUEUES', at('.spec.limited.limitResponse.queuing.queues', '<none>')),
    column('HANDSIZE', at('.spec.limited.limitResponse.queuing.handSize', '<none>')),
    column('QUEUELENGTHLIMIT', at('.spec.limited.limitResponse.queuing.queueLengthLimit', '<none>')),
    ageColumn,
  ]),
  {
    type: 'apiservices.apiregistration.k8s.io',
    source: 'https://github.com/kubernetes/kube-aggregator/blob/v0.36.3/pkg/registry/apiservice/etcd/etcd.go#L75',
    columns: [
      nameColumn,
      column('SERVICE', slashed('Local', '.spec.service.namespace', '.spec.service.name')),
      column('AVAILABLE', apiServiceAvailable),
      ageColumn,
    ],
  },
  ...[
    'roles.rbac.authorization.k8s.io',
    'clusterroles.rbac.authorization.k8s.io',
    'customresourcedefinitions.apiextensions.k8s.io',
    'limitranges',
  ].map((type) => ({
    type,
    source: 'https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/registry/rest/table.go',
    columns: [nameColumn, column('CREATED AT', at('.metadata.creationTimestamp'))],
  })),
];

function row(type: TypeName, line: number, columns: readonly ObjectColumn[]): BuiltInColumns {
  const source = `https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/printers/internalversion/printers.go#L${line}`;
  return { type, source, columns };
}

function column(header: string, text: Cell): ObjectColumn {
  return { header, text };
}

function wide(header: string, text: Cell): ObjectColumn {
  return { header, text, wide: true };
}

function containers(template: string): readonly ObjectColumn[] {
  const list = `${template}.spec.containers`;
  return [wide('CONTAINERS', each(list, 'name')), wide('IMAGES', each(list, 'image'))];
}

function bindingColumns(): readonly ObjectColumn[] {
  return [
    nameColumn,
    column('ROLE', slashed('', '.roleRef.kind', '.roleRef.name')),
    ageColumn,
    wide('USERS', subjects('User')),
    wide('GROUPS', subjects('Group')),
    wide('SERVICEACCOUNTS', subjects('ServiceAccount')),
  ];
}
