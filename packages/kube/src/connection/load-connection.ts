import { AppError, proxyFor } from '@infrabackup/core';
import { createCredential, readPem } from '../credential/create-credential.ts';
import type { Route } from '../http/dial.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { Connection } from './connection.ts';
import { impersonationHeaders } from './impersonation.ts';
import { readTarget } from './read-target.ts';
import type { Target } from './target.ts';

/** Longer than the 60 s that an API server gives a request, so that its own answer comes first. */
const defaultTimeoutMs = 90_000;

/** Source: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimerMs = 2 ** 31 - 1;

/**
 * The cluster that kubectl would talk to, given the same flags, files and environment. Reads files, sends nothing.
 *
 * Throws `KUBECONFIG_INVALID` with the file's name; no message quotes its content.
 */
export async function loadConnection(options: ConnectionOptions): Promise<Connection> {
  const target = await readTarget(options);
  const route = await readRoute(target, options.env);
  return new Connection({
    context: target.context,
    namespace: target.namespace,
    route,
    credentials: await createCredential(target, options),
    headers: { 'user-agent': options.userAgent ?? 'infrabackup', ...impersonationHeaders(target) },
    asker: {
      server: withoutCredentials(route.server),
      userName: target.userName,
      flags: target.context === undefined ? '' : ` --context ${target.context}`,
    },
    requestTimeoutMs: options.requestTimeoutMs === 0 ? longestTimerMs : (options.requestTimeoutMs ?? defaultTimeoutMs),
    clock: options.clock,
    random: options.random,
  });
}

async function readRoute(target: Target, env: ConnectionOptions['env']): Promise<Route> {
  const { cluster } = target;
  const refuse = (what: string): never => {
    throw new AppError('KUBECONFIG_INVALID', what, { refs: target.files });
  };
  const server = parseServer(cluster.server) ?? refuse(`the server ${cluster.server} is no http or https URL`);
  const insecureSkipTlsVerify = cluster['insecure-skip-tls-verify'] === true;
  const data = cluster['certificate-authority-data'];
  const file = cluster['certificate-authority'];
  if (insecureSkipTlsVerify && (data !== undefined || file !== undefined)) {
    refuse('the cluster has both a certificate authority and insecure-skip-tls-verify: drop one of them');
  }
  const proxy = cluster['proxy-url'] ?? proxyFor(server, env);
  if (proxy !== undefined && !/^(https?|socks(4a?|5h?)?):$/.test(URL.parse(proxy)?.protocol ?? '')) {
    refuse('the proxy is no http, https or socks5 URL');
  }
  return {
    server,
    authority: await readPem(target, 'certificate-authority', data, file),
    insecureSkipTlsVerify,
    tlsServerName: cluster['tls-server-name'],
    proxy,
    refs: [...(file === undefined ? [] : [file]), ...target.files],
  };
}

/** kubectl takes a bare host as well; client-go makes it https when there is a certificate, and so do we always. */
function parseServer(text: string): URL | undefined {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}

function withoutCredentials(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`;
}
