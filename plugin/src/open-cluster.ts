import type { ClusterReader } from '@infrabackup/core';
import type { Connection } from '@infrabackup/kube';
import { clientVersion } from './client-version.ts';
import type { connectionFlags } from './flags/connection-flags.ts';
import type { FlagValues } from './flags/flag.ts';
import type { Shell } from './shell.ts';

/** The cluster that kubectl would talk to with the same flags. Loads the client; sends nothing yet. */
export async function openCluster(flags: ConnectionFlags, shell: Shell): Promise<ClusterReader> {
  const { connectCluster } = await import('@infrabackup/kube');
  return connectCluster(await openConnection(flags, shell));
}

/** What the flags say of the cluster; those that a verb does not show in its help are optional. */
export type ConnectionFlags = Partial<FlagValues<typeof connectionFlags>>;

/** The connection that the flags mean. Reads files; sends nothing. */
export async function openConnection(flags: ConnectionFlags, shell: Shell): Promise<Connection> {
  const { loadConnection } = await import('@infrabackup/kube');
  return await loadConnection({
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    cluster: flags.cluster,
    user: flags.user,
    server: flags.server,
    tlsServerName: flags['tls-server-name'],
    insecureSkipTlsVerify: flags['insecure-skip-tls-verify'],
    certificateAuthority: flags['certificate-authority'],
    clientCertificate: flags['client-certificate'],
    clientKey: flags['client-key'],
    token: flags.token,
    as: flags.as,
    asGroups: flags['as-group'],
    asUid: flags['as-uid'],
    requestTimeoutMs: flags['request-timeout'],
    env: shell.env,
    pluginTerminal: shell.ask === undefined ? 'stderr' : 'interactive',
    userAgent: `kubectl-infrabackup/${clientVersion}`,
    clock: shell.clock,
    random: shell.random,
  });
}
