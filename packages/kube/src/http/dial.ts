import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { isIP } from 'node:net';
import * as tls from 'node:tls';
import { AppError } from '@infrabackup/core';
import type { ClientCertificate } from '../credential/credential.ts';
import { connectTimeout, connectTimeoutMs, hostOf, portOf } from './exchange.ts';

/** The way to one API server. */
export interface Route {
  readonly server: URL;
  /** PEM; undefined trusts what Node and the system trust. */
  readonly authority: Buffer | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  /** An http, https or socks URL; undefined goes directly. */
  readonly proxy: string | undefined;
  /** Whether many small requests may share one connection where the server speaks HTTP/2. */
  readonly http2: boolean;
  /** Where certificates come from, for errors. */
  readonly refs: readonly string[];
}

/** After so long without a word the system asks whether the other side is still there, as Go's programs do. */
const keepAliveMs = 30_000;

/** How connections to a server are secured. */
export type TlsOptions = Pick<tls.ConnectionOptions, 'secureContext' | 'rejectUnauthorized' | 'servername'>;

/** Throws `KUBECONFIG_INVALID` for certificates that are none. */
export function tlsOptions(route: Route, certificate: ClientCertificate | undefined): TlsOptions {
  return {
    // One context for all connections: parsing a bundle of authorities takes longer than a request.
    secureContext: secureContext(route, certificate),
    rejectUnauthorized: !route.insecureSkipTlsVerify,
    ...(route.tlsServerName !== undefined && { servername: route.tlsServerName }),
  };
}

/**
 * An agent that keeps connections to the server open; `security` is for https.
 *
 * It does not limit their number: who has lists open and asks for one thing more would wait for itself. Idle ones do
 * not keep the process alive. Throws `KUBECONFIG_INVALID` for a proxy that is none.
 */
export async function createAgent(route: Route, security: TlsOptions): Promise<HttpAgent> {
  const options: AgentOptions = { ...security, keepAlive: true, scheduling: 'lifo' };
  if (route.proxy !== undefined) return proxyAgent(route.server, new URL(route.proxy), options);
  return route.server.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
}

/** Throws Node's own errors, and `TimeoutError`. */
export async function dialTls(server: URL, options: tls.ConnectionOptions, timeoutMs: number): Promise<tls.TLSSocket> {
  const host = hostOf(server);
  const servername = isIP(host) === 0 ? host : undefined;
  const socket = tls.connect({
    host,
    port: portOf(server),
    ...(servername !== undefined && { servername }),
    ...options,
  });
  await withinTime(timeoutMs, once(socket, 'secureConnect'), (late) => socket.destroy(late));
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
}

/** Waits for a connection to come about, for which the time of a request may be too long; `end` makes it fail. */
export async function withinTime(timeoutMs: number, work: Promise<unknown>, end: (late: Error) => void): Promise<void> {
  const mostMs = Math.min(connectTimeoutMs, timeoutMs);
  const timer = setTimeout(() => end(connectTimeout(mostMs)), mostMs);
  try {
    await work;
  } finally {
    clearTimeout(timer);
  }
}

async function proxyAgent(server: URL, proxy: URL, options: AgentOptions): Promise<HttpAgent> {
  if (proxy.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy, options);
  }
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent');
  return server.protocol === 'https:'
    ? new HttpsProxyAgent({ ...options, proxy })
    : new HttpProxyAgent({ ...options, proxy });
}

function secureContext(route: Route, certificate: ClientCertificate | undefined): tls.SecureContext {
  const attempt = <Result>(what: string, build: () => Result): Result => {
    try {
      return build();
    } catch (cause) {
      // OpenSSL's own words are codes and never hold the content.
      throw new AppError('KUBECONFIG_INVALID', `${what} cannot be used: ${(cause as Error).message}`, {
        refs: route.refs,
        cause,
      });
    }
  };
  const { authority } = route;
  // A context takes an authority that is no certificate without a word, and then trusts nobody.
  if (authority !== undefined) attempt('the certificate authority', () => new X509Certificate(authority));
  const ca = route.insecureSkipTlsVerify ? undefined : (authority ?? knownAuthorities());
  return attempt('the client certificate with its key', () => tls.createSecureContext({ ca, ...certificate }));
}

/** What Node brings and what the machine trusts, as kubectl trusts it too; undefined where Node cannot tell (< 22.15). */
function knownAuthorities(): string[] | undefined {
  if (typeof tls.getCACertificates !== 'function') return undefined;
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}
