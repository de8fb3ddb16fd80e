import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates, rootCertificates } from 'node:tls';
import { diskGuard } from './disk-error.ts';

/** Connections to one server, kept open between requests. */
export interface HttpAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** No request of ours waits for another's connection; servers that count them see no more than this. */
const maxSockets = 64;

/**
 * The agents for a server: through the proxies that the environment names (HTTPS_PROXY, NO_PROXY; Node 24.5 and later),
 * trusting what Node trusts and the certificates of `caFile`. Throws the errors of a disk for that file.
 */
export async function httpAgents(
  caFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HttpAgents> {
  const shared = { keepAlive: true, maxSockets, proxyEnv: { ...env } };
  const ca = caFile === undefined ? undefined : await trustedWith(caFile);
  return { httpAgent: new HttpAgent(shared), httpsAgent: new HttpsAgent({ ...shared, ...(ca && { ca }) }) };
}

/** What Node trusts, and the certificates of a file. Throws the errors of a disk for that file. */
export async function trustedWith(caFile: string): Promise<string[]> {
  const text = await diskGuard(`could not read the certificates ${caFile}`)(readFile(caFile, 'utf8'));
  // With those of NODE_EXTRA_CA_CERTS, where Node can name them.
  const known = typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
  return [...known, text];
}
