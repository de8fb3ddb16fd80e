import type { Manifest } from '../object/manifest.ts';
import { serverOwnedMembers } from '../object/server-owned-members.ts';

/** One field that a comparison of two manifests leaves out. */
export interface HiddenField {
  /** Member names from the root; `[]` steps into every item of a list. */
  readonly path: readonly string[];
  /** The kinds that have it, as `Kind.group` (in the core group `Kind`); absent: every kind. */
  readonly kinds?: readonly string[];
  /** Hidden only in objects for which this holds; absent: in all. */
  readonly when?: (manifest: Manifest) => boolean;
  readonly why: string;
  readonly source: string;
}

/** Where the Job controller writes the identity of a Job, which one that is created again gets anew. */
const jobIdentities = ['batch.kubernetes.io/controller-uid', 'controller-uid'].flatMap((label) =>
  [
    ['metadata', 'labels'],
    ['spec', 'selector', 'matchLabels'],
    ['spec', 'template', 'metadata', 'labels'],
  ].map((parent): HiddenField => {
    return {
      path: [...parent, label],
      kinds: ['Job.batch'],
      when: (manifest) => (manifest['spec'] as { manualSelector?: boolean } | undefined)?.manualSelector !== true,
      why: 'the uid of the Job, which selects its Pods',
      source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector',
    };
  }),
);

/**
 * Everything that the server or its controllers own, so that a difference in it is nobody's wish.
 *
 * Differs from the table of content digests by what can only be told from the parsed object. What a restore takes over
 * from the live object, or leaves out, is the restore's own table.
 */
export const hiddenFields: readonly HiddenField[] = [
  ...serverOwnedMembers.map(({ within, member, reason, source }): HiddenField => {
    return { path: within === 'object' ? [member] : [within, member], why: reason, source };
  }),
  {
    path: ['metadata', 'ownerReferences', '[]', 'uid'],
    why: 'moves when the owner is created again; an owner is known by its kind and name',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/',
  },
  {
    path: ['metadata', 'annotations', 'deployment.kubernetes.io/revision'],
    kinds: ['Deployment.apps', 'ReplicaSet.apps'],
    why: 'counted by the deployment controller at each rollout',
    source: 'https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/deployment/util/deployment_util.go',
  },
  {
    path: ['metadata', 'annotations', 'deployment.kubernetes.io/revision-history'],
    kinds: ['ReplicaSet.apps'],
    why: 'kept by the deployment controller when a rollout returns to an older ReplicaSet',
    source: 'https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/deployment/util/deployment_util.go',
  },
  {
    path: ['metadata', 'annotations', 'deprecated.daemonset.template.generation'],
    kinds: ['DaemonSet.apps'],
    why: 'counted by the API server at each change of the template',
    source: 'https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/apps/v1/conversion.go',
  },
  {
    path: ['rules'],
    kinds: ['ClusterRole.rbac.authorization.k8s.io'],
    when: (manifest) => (manifest['aggregationRule'] ?? undefined) !== undefined,
    why: 'filled by a controller with the rules of the roles that the aggregation selects',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles',
  },
  {
    path: ['spec', 'healthCheckNodePort'],
    kinds: ['Service'],
    why: 'allocated by the server, and immutable once it is',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec',
  },
  {
    path: ['spec', 'volumeClaimTemplates', '[]', 'status'],
    kinds: ['StatefulSet.apps'],
    why: 'a default that the server writes; a template of a claim has no status',
    source: 'https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/core/v1/defaults.go',
  },
  ...jobIdentities,
];

/** What to leave in of what {@link visibleManifest} hides. */
export interface Visibility {
  /** Show `status`; absent: hide it. */
  readonly status?: boolean | undefined;
}

/** The manifest without its hidden fields and the maps that this leaves empty; the parts that stay are shared with it. */
export function visibleManifest(manifest: Manifest, { status = false }: Visibility = {}): Manifest {
  const group = manifest.apiVersion.includes('/') ? `.${manifest.apiVersion.split('/')[0]!}` : '';
  const kind = `${manifest.kind}${group}`;
  let visible: unknown = manifest;
  for (const { path, kinds, when } of hiddenFields) {
    if (status && path[0] === 'status') continue;
    if (kinds !== undefined && !kinds.includes(kind)) continue;
    if (when !== undefined && !when(manifest)) continue;
    visible = without(visible, path, 0);
  }
  return visible as Manifest;
}

function without(value: unknown, path: readonly string[], at: number): unknown {
  const step = path[at]!;
  if (Array.isArray(value)) {
    if (step !== '[]') return value;
    const items = value.map((item: unknown) => without(item, path, at + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return value;
  const { [step]: child, ...rest } = value as Record<string, unknown>;
  if (at === path.length - 1) return rest;
  const kept = without(child, path, at + 1);
  if (kept === child) return value;
  // An annotation that was the only one leaves no empty map behind: the other side may have none.
  return isEmpty(kept) ? rest : { ...value, [step]: kept };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
