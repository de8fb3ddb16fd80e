import type { ConnectionOptions } from './connection-options.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { kubeconfigFiles } from './read-target.ts';

/** One context of a kubeconfig, as a person chooses it. */
export interface KubeContext {
  readonly name: string;
  /** Undefined where the context names no cluster, or one that is not there. */
  readonly server: string | undefined;
  readonly namespace: string | undefined;
}

/** What a kubeconfig offers to choose from. */
export interface KubeContexts {
  /** Where it was looked for, in order of precedence, also files that do not exist: watch these to follow changes. */
  readonly files: readonly string[];
  /** Sorted by name. */
  readonly contexts: readonly KubeContext[];
  /** Undefined where no file sets it. It may name a context that is not there. */
  readonly current: string | undefined;
}

/** The contexts that `loadConnection` would know with the same options. Throws `KUBECONFIG_INVALID`. */
export async function readContexts(options: Pick<ConnectionOptions, 'kubeconfig' | 'env'>): Promise<KubeContexts> {
  const files = kubeconfigFiles(options);
  const config = await readKubeconfig(files);
  const contexts = [...config.contexts].map(([name, { cluster, namespace }]): KubeContext => {
    return { name, namespace, server: cluster === undefined ? undefined : config.clusters.get(cluster)?.server };
  });
  return {
    files,
    contexts: contexts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    current: config.currentContext,
  };
}
