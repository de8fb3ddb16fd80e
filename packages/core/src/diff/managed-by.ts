import type { Manifest } from '../object/manifest.ts';

/** Who else writes an object, and so may write over a restore of it. */
export interface ManagedBy {
  readonly tool: 'argocd' | 'flux-kustomization' | 'flux-helmrelease' | 'controller' | 'helm' | 'apply';
  /** Who it is, in words: `Argo CD application shop`. */
  readonly who: string;
  /** `soon`: it watches or polls, and writes its own state again; `next-run`: only when somebody runs it. */
  readonly writes: 'soon' | 'next-run';
  /** What to type or do so that it does not; absent where nothing is known that would. */
  readonly suspend?: string;
}

/** One tool: how its objects are known, and how it is stopped for a while. */
interface ManagerRule {
  readonly tool: ManagedBy['tool'];
  readonly source: string;
  readonly find: (object: Manifest) => Omit<ManagedBy, 'tool'> | undefined;
}

/** The best known first: the first rule that finds its tool is the answer. */
const managerRules: readonly ManagerRule[] = [
  {
    tool: 'argocd',
    source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/',
    find: (object) => {
      const application = argoApplication(object);
      if (application === undefined) return undefined;
      const suspend = `argocd app set ${application} --sync-policy none`;
      return { who: `Argo CD application ${application}`, writes: 'soon', suspend };
    },
  },
  {
    tool: 'flux-kustomization',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory',
    find: (object) => fluxObject(object, 'kustomize.toolkit.fluxcd.io', 'Kustomization'),
  },
  {
    tool: 'flux-helmrelease',
    source: 'https://fluxcd.io/flux/components/helm/helmreleases/',
    find: (object) => fluxObject(object, 'helm.toolkit.fluxcd.io', 'HelmRelease'),
  },
  {
    tool: 'controller',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/',
    find: ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (owner === undefined) return undefined;
      const suspend = `scale down the controller of ${owner.kind} objects, or restore ${owner.kind} ${owner.name} with it`;
      return { who: `the controller of ${owner.kind} ${owner.name}`, writes: 'soon', suspend };
    },
  },
  {
    tool: 'helm',
    source: 'https://helm.sh/docs/chart_best_practices/labels/#standard-labels',
    find: ({ metadata }) => {
      const release = metadata.annotations?.['meta.helm.sh/release-name'];
      if (release === undefined || metadata.labels?.['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
      const namespace = metadata.annotations?.['meta.helm.sh/release-namespace'];
      return { who: `Helm release ${release}${namespace === undefined ? '' : ` -n ${namespace}`}`, writes: 'next-run' };
    },
  },
  {
    tool: 'apply',
    source: 'https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers',
    find: (object) => {
      const manager = managersOf(object, 'Apply').find((name) => !personalManagers.has(name));
      return manager === undefined ? undefined : { who: `the server-side apply of '${manager}'`, writes: 'soon' };
    },
  },
];

/** Under these names people apply. Source: https://github.com/kubernetes/kubectl/blob/v0.36.3/pkg/cmd/apply/apply.go */
const personalManagers: ReadonlySet<string> = new Set(['kubectl', 'kubectl-client-side-apply', 'before-first-apply']);

/** What may stand in a command that somebody pastes into a shell. */
const plainName = /^[\w.-]+$/;

/**
 * Which tool or controller writes the object too, so that what a restore writes may not last; undefined when only
 * people seem to. Ask it of the live object.
 */
export function managedBy(object: Manifest): ManagedBy | undefined {
  for (const { tool, find } of managerRules) {
    const found = find(object);
    if (found !== undefined) return { tool, ...found };
  }
  return undefined;
}

/** By the tracking annotation, `APP:GROUP/KIND:NAMESPACE/NAME`, of the object itself; else by label and field manager. */
function argoApplication(object: Manifest): string | undefined {
  const { annotations, labels, name } = object.metadata;
  const id = annotations?.['argocd.argoproj.io/tracking-id'] ?? '';
  const [, application, kind, place] = /^([^:]*):([^:]*):(.*)$/.exec(id) ?? [];
  // Controllers copy annotations onto what they make, and Argo CD then does not count those as its own.
  const isOwn = kind?.split('/').at(-1) === object.kind && place?.split('/').at(-1) === name;
  const managers = [...managersOf(object, 'Apply'), ...managersOf(object, 'Update')];
  const labelled = managers.includes('argocd-controller') ? labels?.['app.kubernetes.io/instance'] : undefined;
  const found = isOwn ? application : labelled;
  // Of an application in another namespace the id is NAMESPACE_APP, and the command takes NAMESPACE/APP.
  return found === undefined || !plainName.test(found) ? undefined : found.replace('_', '/');
}

function fluxObject({ metadata }: Manifest, group: string, kind: string): Omit<ManagedBy, 'tool'> | undefined {
  const [name, namespace] = [metadata.labels?.[`${group}/name`], metadata.labels?.[`${group}/namespace`]];
  if (name === undefined || namespace === undefined) return undefined;
  const who = `Flux ${kind} ${name} -n ${namespace}`;
  if (!plainName.test(name) || !plainName.test(namespace)) return { who, writes: 'soon' };
  return { who, writes: 'soon', suspend: `flux suspend ${kind.toLowerCase()} ${name} -n ${namespace}` };
}

function managersOf({ metadata }: Manifest, operation: 'Apply' | 'Update'): string[] {
  return (metadata.managedFields ?? []).flatMap((entry) =>
    entry['operation'] === operation && entry['subresource'] === undefined && typeof entry['manager'] === 'string'
      ? [entry['manager']]
      : [],
  );
}
