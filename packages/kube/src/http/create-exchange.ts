import type { ClientCertificate } from '../credential/credential.ts';
import { createAgent, tlsOptions, type Route } from './dial.ts';
import { exchange, type Answer, type Attempt } from './exchange.ts';
import { SharedConnection } from './shared-connection.ts';

/**
 * Sends a request and resolves with the head of its answer. Throws Node's own errors, `TimeoutError` among them.
 *
 * `isOneOfMany` lets it share an HTTP/2 connection with others; a list has a connection to itself, so that it is read no
 * faster than it is wanted and cut when it is left.
 */
export type Exchange = (attempt: Attempt, isOneOfMany: boolean) => Promise<Answer>;

/** The exchange of requests by one route with one certificate. Throws `KUBECONFIG_INVALID`. */
export async function createExchange(route: Route, certificate: ClientCertificate | undefined): Promise<Exchange> {
  const security = route.server.protocol === 'https:' ? tlsOptions(route, certificate) : {};
  const agent = await createAgent(route, security);
  const shared = route.http2 ? new SharedConnection(route.server, security) : undefined;
  return async (attempt, isOneOfMany) => {
    const answer = isOneOfMany ? await shared?.exchange(attempt) : undefined;
    return answer ?? exchange(attempt, agent);
  };
}
