/** What changes for an object whose apiVersion changes, beyond what the structs tell. */
export interface ConversionNote {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly note: string;
  readonly source: string;
}

const guide = 'https://kubernetes.io/docs/reference/using-api/deprecation-guide/';

function rows(
  kinds: readonly string[],
  from: readonly string[],
  to: string,
  anchor: string,
  ...notes: readonly string[]
): ConversionNote[] {
  return kinds.flatMap((kind) =>
    from.flatMap((version) => notes.map((note) => ({ kind, from: version, to, note, source: `${guide}#${anchor}` }))),
  );
}

const selectorNote = 'spec.selector must be given and is immutable';

/** What a person must know before an object is written in another version; pairs that are not here have no notable changes. */
export const conversionNotes: readonly ConversionNote[] = [
  ...rows(
    ['PodDisruptionBudget'],
    ['policy/v1beta1'],
    'policy/v1',
    'poddisruptionbudget-v125',
    'an empty selector selects every Pod of the namespace; it selected none before',
  ),
  ...rows(
    ['PriorityLevelConfiguration'],
    ['flowcontrol.apiserver.k8s.io/v1beta3'],
    'flowcontrol.apiserver.k8s.io/v1',
    'flowcontrol-resources-v132',
    'nominalConcurrencyShares of 0 stays 0; it became 30 before',
  ),
  ...rows(
    ['PriorityLevelConfiguration'],
    ['flowcontrol.apiserver.k8s.io/v1beta1', 'flowcontrol.apiserver.k8s.io/v1beta2'],
    'flowcontrol.apiserver.k8s.io/v1',
    'flowcontrol-resources-v129',
    'spec.limited.assuredConcurrencyShares is called nominalConcurrencyShares',
  ),
  ...rows(
    ['HorizontalPodAutoscaler'],
    ['autoscaling/v2beta1'],
    'autoscaling/v2',
    'horizontalpodautoscaler-v125',
    'targetAverageUtilization and its like become target.averageUtilization with target.type',
  ),
  ...rows(
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    ['admissionregistration.k8s.io/v1beta1'],
    'admissionregistration.k8s.io/v1',
    'webhook-resources-v122',
    'sideEffects must be None or NoneOnDryRun',
    'admissionReviewVersions must be given, and the names of the webhooks differ from one another',
  ),
  ...rows(
    ['CustomResourceDefinition'],
    ['apiextensions.k8s.io/v1beta1'],
    'apiextensions.k8s.io/v1',
    'customresourcedefinition-v122',
    'schema, subresources and printer columns move into each version, and the schema must be structural',
    'preserveUnknownFields: true becomes x-kubernetes-preserve-unknown-fields in the schema',
  ),
  ...rows(
    ['CertificateSigningRequest'],
    ['certificates.k8s.io/v1beta1'],
    'certificates.k8s.io/v1',
    'certificatesigningrequest-v122',
    'signerName must be given and not be kubernetes.io/legacy-unknown; usages must be given',
  ),
  ...rows(
    ['Ingress'],
    ['extensions/v1beta1', 'networking.k8s.io/v1beta1'],
    'networking.k8s.io/v1',
    'ingress-v122',
    'backend becomes defaultBackend, serviceName and servicePort become service.name and service.port',
    'every path needs a pathType; ImplementationSpecific is what it was',
  ),
  ...rows(
    ['EndpointSlice'],
    ['discovery.k8s.io/v1beta1'],
    'discovery.k8s.io/v1',
    'endpointslice-v125',
    "an endpoint's topology becomes its nodeName and zone",
  ),
  ...rows(
    ['Deployment'],
    ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2'],
    'apps/v1',
    'deployment-v116',
    'spec.selector must be given and is immutable; rollbackTo is gone',
  ),
  ...rows(
    ['DaemonSet'],
    ['extensions/v1beta1', 'apps/v1beta2'],
    'apps/v1',
    'daemonset-v116',
    'spec.selector must be given and is immutable; templateGeneration is gone',
  ),
  ...rows(['ReplicaSet'], ['extensions/v1beta1', 'apps/v1beta2'], 'apps/v1', 'replicaset-v116', selectorNote),
  ...rows(['StatefulSet'], ['apps/v1beta1', 'apps/v1beta2'], 'apps/v1', 'statefulset-v116', selectorNote),
];
