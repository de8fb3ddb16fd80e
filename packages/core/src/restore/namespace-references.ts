import type { TypeName } from '../object/resource-type.ts';
import type { FieldPath } from './field-path.ts';

/** Fields that hold the name of a namespace, beside the object's own `metadata.namespace`. */
export interface NamespaceReferences {
  /** Whole type names. */
  readonly types: readonly TypeName[];
  readonly fields: readonly FieldPath[];
  readonly source: string;
}

const podTemplates: readonly (readonly [TypeName, FieldPath])[] = [
  ['pods', ''],
  ['deployments.apps', '/spec/template'],
  ['statefulsets.apps', '/spec/template'],
  ['daemonsets.apps', '/spec/template'],
  ['replicasets.apps', '/spec/template'],
  ['replicationcontrollers', '/spec/template'],
  ['jobs.batch', '/spec/template'],
  ['cronjobs.batch', '/spec/jobTemplate/spec/template'],
];

const podAffinity = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
  `/spec/affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution/[]/namespaces/[]`,
  `/spec/affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution/[]/podAffinityTerm/namespaces/[]`,
]);

const routes = ['httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes', 'udproutes'].map(
  (plural) => `${plural}.gateway.networking.k8s.io`,
);

/** Every field whose whole value is the name of a namespace. Those with a namespace inside a text are below. */
export const namespaceReferences: readonly NamespaceReferences[] = [
  {
    types: ['rolebindings.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
    fields: ['/subjects/[]/namespace'],
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects',
  },
  {
    types: ['persistentvolumes'],
    fields: [
      '/spec/claimRef/namespace',
      ...['controllerPublish', 'nodeStage', 'nodePublish', 'controllerExpand', 'nodeExpand'].map(
        (use) => `/spec/csi/${use}SecretRef/namespace`,
      ),
    ],
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-v1/',
  },
  {
    types: ['persistentvolumeclaims'],
    fields: ['/spec/dataSourceRef/namespace'],
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#cross-namespace-data-sources',
  },
  {
    types: ['storageclasses.storage.k8s.io'],
    fields: [
      '/parameters/csi.storage.k8s.io~1provisioner-secret-namespace',
      '/parameters/csi.storage.k8s.io~1controller-publish-secret-namespace',
      '/parameters/csi.storage.k8s.io~1node-stage-secret-namespace',
      '/parameters/csi.storage.k8s.io~1node-publish-secret-namespace',
      '/parameters/csi.storage.k8s.io~1controller-expand-secret-namespace',
      '/parameters/csi.storage.k8s.io~1node-expand-secret-namespace',
    ],
    source: 'https://kubernetes-csi.github.io/docs/secrets-and-credentials-storage-class.html',
  },
  {
    types: ['volumesnapshotclasses.snapshot.storage.k8s.io'],
    fields: ['/parameters/csi.storage.k8s.io~1snapshotter-secret-namespace'],
    source: 'https://kubernetes-csi.github.io/docs/secrets-and-credentials-volume-snapshot-class.html',
  },
  {
    types: ['volumesnapshotcontents.snapshot.storage.k8s.io'],
    fields: ['/spec/volumeSnapshotRef/namespace'],
    source: 'https://kubernetes.io/docs/concepts/storage/volume-snapshots/#volume-snapshot-contents',
  },
  {
    types: [
      'mutatingwebhookconfigurations.admissionregistration.k8s.io',
      'validatingwebhookconfigurations.admissionregistration.k8s.io',
    ],
    fields: [
      '/webhooks/[]/clientConfig/service/namespace',
      '/webhooks/[]/namespaceSelector/matchLabels/kubernetes.io~1metadata.name',
    ],
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#service-reference',
  },
  {
    types: [
      'validatingadmissionpolicybindings.admissionregistration.k8s.io',
      'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
    ],
    fields: [
      '/spec/paramRef/namespace',
      '/spec/matchResources/namespaceSelector/matchLabels/kubernetes.io~1metadata.name',
    ],
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#parameter-resources',
  },
  {
    types: ['customresourcedefinitions.apiextensions.k8s.io'],
    fields: ['/spec/conversion/webhook/clientConfig/service/namespace'],
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#service-reference',
  },
  {
    types: ['apiservices.apiregistration.k8s.io'],
    fields: ['/spec/service/namespace'],
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/',
  },
  {
    types: ['flowschemas.flowcontrol.apiserver.k8s.io'],
    fields: ['/spec/rules/[]/subjects/[]/serviceAccount/namespace', '/spec/rules/[]/resourceRules/[]/namespaces/[]'],
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema',
  },
  {
    types: ['ingressclasses.networking.k8s.io'],
    fields: ['/spec/parameters/namespace'],
    source: 'https://kubernetes.io/docs/concepts/services-networking/ingress/#namespace-scoped-parameters',
  },
  {
    types: ['networkpolicies.networking.k8s.io'],
    fields: ['ingress/[]/from', 'egress/[]/to'].map(
      (peers) => `/spec/${peers}/[]/namespaceSelector/matchLabels/kubernetes.io~1metadata.name`,
    ),
    source:
      'https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name',
  },
  ...podTemplates.map(([type, template]) => ({
    types: [type],
    fields: podAffinity.map((field) => `${template}${field}`),
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#namespace-selector',
  })),
  {
    types: ['endpoints', 'endpointslices.discovery.k8s.io'],
    fields: ['/endpoints/[]/targetRef/namespace', '/subsets/[]/addresses/[]/targetRef/namespace'],
    source: 'https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/',
  },
  {
    types: routes,
    fields: [
      '/spec/parentRefs/[]/namespace',
      '/spec/rules/[]/backendRefs/[]/namespace',
      '/spec/rules/[]/backendRefs/[]/filters/[]/requestMirror/backendRef/namespace',
      '/spec/rules/[]/filters/[]/requestMirror/backendRef/namespace',
    ],
    source: 'https://gateway-api.sigs.k8s.io/api-types/httproute/',
  },
  {
    types: ['gateways.gateway.networking.k8s.io'],
    fields: [
      '/spec/listeners/[]/tls/certificateRefs/[]/namespace',
      '/spec/listeners/[]/allowedRoutes/namespaces/selector/matchLabels/kubernetes.io~1metadata.name',
    ],
    source: 'https://gateway-api.sigs.k8s.io/api-types/gateway/',
  },
  {
    types: ['gatewayclasses.gateway.networking.k8s.io'],
    fields: ['/spec/parametersRef/namespace'],
    source: 'https://gateway-api.sigs.k8s.io/api-types/gatewayclass/',
  },
  {
    types: ['referencegrants.gateway.networking.k8s.io'],
    fields: ['/spec/from/[]/namespace'],
    source: 'https://gateway-api.sigs.k8s.io/api-types/referencegrant/',
  },
];

/** A field whose text holds a namespace among other things. */
export interface NamespaceText {
  /** Whole type names; `*` for all. */
  readonly types: readonly TypeName[];
  readonly fields: readonly FieldPath[];
  /** Its one group is the namespace. */
  readonly pattern: RegExp;
  readonly source: string;
}

/** Every field in which a namespace stands inside a text. */
export const namespaceTexts: readonly NamespaceText[] = [
  {
    types: ['rolebindings.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
    fields: ['/subjects/[]/name'],
    pattern: /^system:serviceaccount(?:s:([^:]+)$|:([^:]+):[^:]+$)/d,
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects',
  },
  {
    types: ['flowschemas.flowcontrol.apiserver.k8s.io'],
    fields: ['/spec/rules/[]/subjects/[]/user/name', '/spec/rules/[]/subjects/[]/group/name'],
    pattern: /^system:serviceaccount(?:s:([^:]+)$|:([^:]+):[^:]+$)/d,
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema',
  },
  {
    types: ['services'],
    fields: ['/spec/externalName'],
    pattern: /^[^.]+\.([^.]+)\.svc(?:\.|$)/d,
    source: 'https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#services',
  },
  {
    types: ['*'],
    fields: [
      '/metadata/annotations/cert-manager.io~1inject-ca-from',
      '/metadata/annotations/cert-manager.io~1inject-ca-from-secret',
    ],
    pattern: /^([^/]+)\/[^/]+$/d,
    source: 'https://cert-manager.io/docs/concepts/ca-injector/',
  },
];
