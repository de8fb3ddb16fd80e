import { X509Certificate } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import * as tls from 'node:tls';
import { AppError } from '@infrabackup/core';
import type { ClientCertificate } from '../credential/credential.ts';

/** The way to one API server. */
export interface Route {
  readonly server: URL;
  /** PEM; undefined trusts what Node and the system trust. */
  readonly authority: Buffer | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  /** An http, https or socks URL; undefined goes directly. */
  readonly proxy: string | undefined;
  /** Where certificates come from, for errors. */
  readonly refs: readonly string[];
}

/**
 * An agent that keeps connections to the server open.
 *
 * It does not limit their number: who has lists open and asks for one thing more would wait for itself. Idle ones do
 * not keep the process alive.
 *
 * Throws `KUBECONFIG_INVALID` for certificates and proxies that are none.
 */
export async function createAgent(route: Route, certificate: ClientCertificate | undefined): Promise<HttpAgent> {
  const options: AgentOptions = { keepAlive: true, scheduling: 'lifo' };
  if (route.server.protocol === 'https:') {
    // One context for all connections: parsing a bundle of authorities takes longer than a request.
    options.secureContext = secureContext(route, certificate);
    options.rejectUnauthorized = !route.insecureSkipTlsVerify;
    if (route.tlsServerName !== undefined) options.servername = route.tlsServerName;
  }
  if (route.proxy !== undefined) return proxyAgent(route.server, new URL(route.proxy), options);
  return route.server.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
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
