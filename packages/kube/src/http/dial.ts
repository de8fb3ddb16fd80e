import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ClientRequest, ClientRequestArgs } from 'node:http';
import { connect as connectPlainly, isIP, type OnReadOpts, type Socket } from 'node:net';
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

/** Opens a connection, or begins to: what fails from then on comes as its events. Throws what the way to the proxy throws. */
export type Dial = (onread: OnReadOpts) => Promise<Socket>;

/**
 * The way to the server with the certificate, for any number of connections.
 *
 * Throws `KUBECONFIG_INVALID` for certificates and proxies that are none.
 */
export async function createDial(route: Route, certificate: ClientCertificate | undefined): Promise<Dial> {
  const { server } = route;
  const isSecure = server.protocol === 'https:';
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const port = server.port === '' ? (isSecure ? 443 : 80) : Number(server.port);
  const name = route.tlsServerName ?? (isIP(host) === 0 ? host : undefined);
  const options = {
    host,
    port,
    ...(isSecure && {
      // One context for all connections: parsing a bundle of authorities takes longer than a request.
      secureContext: secureContext(route, certificate),
      rejectUnauthorized: !route.insecureSkipTlsVerify,
      ...(name !== undefined && { servername: name }),
    }),
  };
  if (route.proxy !== undefined) return dialByProxy(new URL(route.proxy), isSecure, options);
  return dialDirectly(isSecure, options);
}

function dialDirectly(isSecure: boolean, options: DialOptions): Dial {
  /** Spares the connections after the first a part of the greeting; one that failed may have failed by it. */
  let session: Buffer | undefined;
  const connectSecurely = (onread: OnReadOpts): Socket => {
    const ours: DialOptions = { ...options, onread, ...(session !== undefined && { session }) };
    return tls
      .connect(ours)
      .on('session', (news) => (session = news))
      .on('error', () => (session = undefined));
  };
  return (onread) =>
    new Promise((resolve) => resolve(isSecure ? connectSecurely(onread) : connectPlainly({ ...options, onread })));
}

interface DialOptions extends tls.ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Known to Node, and not to its types: https://github.com/nodejs/node/blob/v24.21.0/lib/_tls_wrap.js (connect) */
  readonly onread?: OnReadOpts;
}

async function dialByProxy(proxy: URL, isSecure: boolean, options: DialOptions): Promise<Dial> {
  if (proxy.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    const agent = new SocksProxyAgent(proxy);
    // It tells the request of Node's client what it does, and ends it; ours learns of that by the socket.
    const request = Object.assign(new EventEmitter(), { destroy: () => undefined }) as unknown as ClientRequest;
    return async (onread) => {
      const way = { ...options, onread, secureEndpoint: isSecure } as Parameters<typeof agent.connect>[1];
      return agent.connect(request, way);
    };
  }
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent');
  // When nobody waits for it any more, a proxy that says nothing is given up for good.
  const timeout = 30_000;
  const agent = isSecure
    ? new HttpsProxyAgent({ proxy, keepAlive: true })
    : new HttpProxyAgent({ proxy, keepAlive: true });
  return (onread) =>
    new Promise((resolve, reject) => {
      agent.createConnection({ ...options, timeout, onread } as ClientRequestArgs, (error, socket) => {
        // It is Node's own, by whatever name its types have it.
        if (error === null) resolve(socket as unknown as Socket);
        else reject(error);
      });
    });
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
