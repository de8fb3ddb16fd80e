/** What a manifest's kind does not say by itself. */
export interface GuessedType {
  readonly plural: string;
  readonly namespaced: boolean;
}

/**
 * Kinds that Kubernetes serves itself and that are in no namespace, by group.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/
 */
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  '': ['Namespace', 'Node', 'PersistentVolume'],
  'admissionregistration.k8s.io': [
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest', 'ClusterTrustBundle'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'networking.k8s.io': ['IngressClass', 'IPAddress', 'ServiceCIDR'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'resource.k8s.io': ['DeviceClass', 'ResourceSlice'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
};

/** Groups that Kubernetes serves itself; their plurals follow the rule. */
const builtInGroups: ReadonlySet<string> = new Set([
  ...Object.keys(clusterScoped),
  ...['apps', 'autoscaling', 'batch', 'coordination.k8s.io', 'discovery.k8s.io', 'events.k8s.io', 'policy'],
]);

/** The type of a kind of Kubernetes' own; undefined for others. */
export function guessType(group: string, kind: string): GuessedType | undefined {
  if (!builtInGroups.has(group)) return undefined;
  return { plural: pluralOf(kind), namespaced: clusterScoped[group]?.includes(kind) !== true };
}

/** As the API machinery guesses: https://github.com/kubernetes/apimachinery/blob/master/pkg/api/meta/restmapper.go */
export function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
