import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { S3Server } from './versitygw.ts';

/** What stands on the way to a server. */
export interface Forwarder {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** What becomes of what passes. */
export interface ForwarderOptions {
  /** The headers to forward a request with; undefined when it was answered here. */
  readonly headersOf: (incoming: IncomingMessage, outgoing: ServerResponse) => OutgoingHttpHeaders | undefined;
  /** Told of each piece of an answer. */
  readonly received?: (bytes: Buffer) => void;
}

/** Stands before a server, and passes on what comes. */
export async function startForwarder(server: S3Server, { headersOf, received }: ForwarderOptions): Promise<Forwarder> {
  const agent = new Agent({ keepAlive: true, ca: await readFile(server.ca) });
  const proxy = createServer((incoming, outgoing) => {
    const headers = headersOf(incoming, outgoing);
    if (headers === undefined) return;
    const forwarded = request(`${server.endpoint}${incoming.url!}`, { method: incoming.method!, headers, agent });
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode!, response.headers);
      if (received !== undefined) response.on('data', received);
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
      agent.destroy();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
