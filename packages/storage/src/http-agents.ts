import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates, rootCertificates } from 'node:tls';
import { AppError } from '@infrabackup/core';
import { diskGuard } from './disk-error.ts';

/** Connections to one server, kept open between requests. */
export interface HttpAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** No request of ours waits for another's connection; servers that count them see no more than this. */
const maxSockets = 64;

/**
 * The agents for a server: through the proxies that the environment names, as `proxyFor` of core says, trusting what
 * Node trusts and the certificates of `caFile`. Throws as {@link trustedWith}.
 */
export async function httpAgents(
  caFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HttpAgents> {
  const shared = { keepAlive: true, maxSockets };
  // Made once: to take in a hundred certificates costs more than all the rest of a connection.
  const secureContext = caFile === undefined ? undefined : createSecureContext({ ca: await trustedWith(caFile) });
  const httpAgent = new HttpAgent(shared);
  const httpsAgent = new HttpsAgent({ ...shared, ...(secureContext && { secureContext }) });
  if (namesProxy(env)) {
    const { leadByProxies } = await import('./lead-by-proxies.ts');
    leadByProxies({ httpAgent, httpsAgent }, env);
  }
  return { httpAgent, httpsAgent };
}

function namesProxy(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => env[name]);
}

/** What Node trusts, and the certificates of a file. Throws USAGE where the file has none, and the errors of a disk. */
async function trustedWith(caFile: string): Promise<string[]> {
  const text = await diskGuard(`could not read the certificates ${caFile}`)(readFile(caFile, 'utf8'));
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new AppError('USAGE', `${caFile} holds no certificate`, {
      hint: 'a PEM file begins with -----BEGIN CERTIFICATE-----; openssl x509 -inform der makes one of another kind',
    });
  }
  // With those of NODE_EXTRA_CA_CERTS, where Node can name them.
  const known = typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
  return [...known, text];
}
