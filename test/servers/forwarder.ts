import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request as requestHttp } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** The server behind: where it is, and the file of the authority that signed its certificate, if it has one. */
export interface ServerBehind {
  readonly endpoint: string;
  readonly ca?: string;
}

/** What stands on the way to a server. */
export interface Forwarder {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** What becomes of what passes. */
export interface ForwarderOptions {
  /** The headers to forward a request with; undefined when it was answered here. */
  readonly headersOf: (incoming: IncomingMessage, outgoing: ServerResponse) => OutgoingHttpHeaders | undefined;
  /** The path and query to forward a request to; as it came when absent. */
  readonly urlOf?: (incoming: IncomingMessage) => string;
  /** Told of each piece of an answer. */
  readonly received?: (bytes: Buffer) => void;
  /** Whether the connection breaks in the middle of the answer; never when absent. */
  readonly breaksOff?: (incoming: IncomingMessage) => boolean;
}

/** Stands before a server, and passes on what comes. */
export async function startForwarder(
  { endpoint, ca }: ServerBehind,
  { headersOf, urlOf = (incoming) => incoming.url!, received, breaksOff }: ForwarderOptions,
): Promise<Forwarder> {
  const agent = ca === undefined ? undefined : new Agent({ keepAlive: true, ca: await readFile(ca) });
  const request = agent === undefined ? requestHttp : requestHttps;
  const proxy = createServer((incoming, outgoing) => {
    const headers = headersOf(incoming, outgoing);
    if (headers === undefined) return;
    const forwarded = request(endpoint + urlOf(incoming), { method: incoming.method!, headers, agent });
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode!, response.headers);
      if (received !== undefined) response.on('data', received);
      if (breaksOff?.(incoming) === true) {
        response.once('data', (bytes: Buffer) => {
          outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
          response.destroy();
        });
        return;
      }
      pipeline(response, outgoing).catch(() => outgoing.destroy());
    });
    forwarded.on('error', () => outgoing.destroy());
    pipeline(incoming, forwarded).catch(() => forwarded.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async stop() {
      agent?.destroy();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
