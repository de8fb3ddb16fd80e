import type { Agent as HttpAgent } from 'node:http';
import { AppError, proxyFor } from '@infrabackup/core';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';

type Connect = HttpAgent['createConnection'];

/**
 * Lets agents connect by the proxy that the environment names for each server, and directly where it names none.
 *
 * Node's own agents can do that by their option `proxyEnv`, but older ones, as in the editor, ignore it in silence. A
 * connection fails with USAGE where the proxy is none of HTTP.
 */
export function leadByProxies(
  { httpAgent, httpsAgent }: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpAgent },
  env: Readonly<Record<string, string | undefined>>,
): void {
  httpAgent.createConnection = leading('http:', httpAgent, env, (proxy) => new HttpProxyAgent({ proxy }));
  httpsAgent.createConnection = leading('https:', httpsAgent, env, (proxy) => new HttpsProxyAgent({ proxy }));
}

function leading(
  protocol: 'http:' | 'https:',
  agent: HttpAgent,
  env: Readonly<Record<string, string | undefined>>,
  through: (proxy: URL) => HttpAgent,
): Connect {
  const directly = agent.createConnection.bind(agent);
  const proxied = new Map<string, HttpAgent>();
  return (options, callback) => {
    const host = options.host ?? 'localhost';
    const server = new URL(`${protocol}//${host.includes(':') ? `[${host}]` : host}:${options.port ?? ''}`);
    const proxy = proxyFor(server, env);
    if (proxy === undefined) return directly(options, callback);
    let by = proxied.get(proxy);
    if (by === undefined) {
      by = through(parseProxy(proxy));
      proxied.set(proxy, by);
    }
    return by.createConnection(options, callback);
  };
}

/** Never repeats what it is given: a proxy may have a password in its URL. */
function parseProxy(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new AppError('USAGE', 'the proxy that the environment names is no http or https URL', {
    hint: 'set HTTPS_PROXY to another one, or the server in NO_PROXY to reach it directly',
  });
}
