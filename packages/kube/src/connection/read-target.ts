import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { AppError } from '@infrabackup/core';
import type { ConnectionOptions } from './connection-options.ts';
import { findInClusterTarget } from './in-cluster.ts';
import { readKubeconfig, type ClusterEntry, type Kubeconfig, type UserEntry } from './kubeconfig.ts';
import type { Target } from './target.ts';

/**
 * What kubectl would talk to, given the same flags and files.
 *
 * Throws `KUBECONFIG_INVALID`.
 *
 * Source: https://github.com/kubernetes/client-go/blob/v0.36.3/tools/clientcmd/client_config.go
 */
export async function readTarget(options: ConnectionOptions): Promise<Target> {
  const searched = kubeconfigFiles(options);
  const config = await readKubeconfig(searched);
  if (options.kubeconfig !== undefined && config.files.length === 0) {
    throw new AppError('KUBECONFIG_INVALID', `there is no kubeconfig ${searched[0]!}`, { refs: searched });
  }
  const isSilent = options.context === undefined && options.cluster === undefined && options.user === undefined;
  if (config.clusters.size === 0 && isSilent) {
    const inCluster = await findInClusterTarget(options.env);
    if (inCluster !== undefined) return withFlags(inCluster, options);
  }
  return withFlags(chooseTarget(config, options, searched), options);
}

/** The files to read, in order of precedence. Source: the "KUBECONFIG environment variable" rules of the page above. */
export function kubeconfigFiles(options: Pick<ConnectionOptions, 'kubeconfig' | 'env'>): readonly string[] {
  if (options.kubeconfig !== undefined) return [resolve(options.kubeconfig)];
  const listed = (options.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return listed.map((file) => resolve(file));
  const home = options.env['HOME'] ?? options.env['USERPROFILE'] ?? homedir();
  return [join(home, '.kube', 'config')];
}

type Choice = Omit<Target, 'cluster'> & { readonly cluster: ClusterEntry };

function chooseTarget(config: Kubeconfig, options: ConnectionOptions, searched: readonly string[]): Choice {
  const refs = config.files.length > 0 ? config.files : searched;
  const where = refs.join(delimiter);
  function find<Entry>(kind: string, entries: ReadonlyMap<string, Entry>, name: string, hint?: string): Entry {
    const entry = entries.get(name);
    if (entry !== undefined) return entry;
    const known = entries.size === 0 ? `has no ${kind}s` : `has ${[...entries.keys()].sort().join(', ')}`;
    throw new AppError('KUBECONFIG_INVALID', `there is no ${kind} ${name}: kubeconfig ${where} ${known}`, {
      refs,
      hint,
    });
  }

  const contextName = options.context ?? config.currentContext;
  const context =
    contextName === undefined ? {} : find('context', config.contexts, contextName, 'kubectl config get-contexts');
  const clusterName = options.cluster ?? context.cluster;
  const userName = options.user ?? context.user;
  const cluster = clusterName === undefined ? {} : find('cluster', config.clusters, clusterName);
  if (cluster.server === undefined && options.server === undefined) {
    throw new AppError('KUBECONFIG_INVALID', noServerMessage(config, clusterName, contextName, where), {
      refs,
      hint:
        config.contexts.size > 0
          ? 'kubectl config get-contexts, then --context NAME or kubectl config use-context NAME'
          : 'name a kubeconfig by KUBECONFIG or --kubeconfig, or a server by --server',
    });
  }
  return {
    context: contextName,
    namespace: context.namespace ?? 'default',
    cluster,
    user: userName === undefined ? {} : find('user', config.users, userName),
    userName: userName ?? '(none)',
    files: config.files,
  };
}

function noServerMessage(
  config: Kubeconfig,
  cluster: string | undefined,
  context: string | undefined,
  where: string,
): string {
  if (config.files.length === 0) return `no cluster is configured: there is no kubeconfig ${where}`;
  if (cluster !== undefined) return `kubeconfig ${where} gives no server for the cluster ${cluster}`;
  if (context !== undefined) return `kubeconfig ${where} gives no cluster for the context ${context}`;
  return `kubeconfig ${where} sets no current context`;
}

/** Flags win; those that say how to trust or who we are push out what would contradict them. */
function withFlags(choice: Choice, options: ConnectionOptions): Target {
  return {
    ...choice,
    namespace: options.namespace ?? choice.namespace,
    cluster: clusterWithFlags(choice.cluster, options),
    user: userWithFlags(choice.user, options),
  };
}

function clusterWithFlags(cluster: ClusterEntry, options: ConnectionOptions): Target['cluster'] {
  const { server, tlsServerName, certificateAuthority, insecureSkipTlsVerify } = options;
  const kept = new Map(Object.entries(cluster));
  if (insecureSkipTlsVerify === true || certificateAuthority !== undefined) {
    kept.delete('certificate-authority');
    kept.delete('certificate-authority-data');
    kept.delete('insecure-skip-tls-verify');
  }
  if (server !== undefined) kept.delete('tls-server-name');
  return {
    ...(Object.fromEntries(kept) as Target['cluster']),
    ...(server !== undefined && { server }),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    ...(certificateAuthority !== undefined && { 'certificate-authority': resolve(certificateAuthority) }),
    ...(insecureSkipTlsVerify === true && { 'insecure-skip-tls-verify': true }),
  };
}

function userWithFlags(user: UserEntry, options: ConnectionOptions): UserEntry {
  const { clientCertificate, clientKey, token, as, asGroups, asUid } = options;
  const kept = new Map(Object.entries(user));
  if (clientCertificate !== undefined) kept.delete('client-certificate-data');
  if (clientKey !== undefined) kept.delete('client-key-data');
  if (token !== undefined) kept.delete('tokenFile');
  return {
    ...(Object.fromEntries(kept) as UserEntry),
    ...(clientCertificate !== undefined && { 'client-certificate': resolve(clientCertificate) }),
    ...(clientKey !== undefined && { 'client-key': resolve(clientKey) }),
    ...(token !== undefined && { token }),
    ...(as !== undefined && { as }),
    ...(asGroups !== undefined && asGroups.length > 0 && { 'as-groups': asGroups }),
    ...(asUid !== undefined && { 'as-uid': asUid }),
  };
}
