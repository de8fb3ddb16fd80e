import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { S3Server } from './versitygw.ts';

/** What went through a proxy. */
export interface Traffic {
  /** `GET /bucket/key`, without the query. */
  readonly requests: string[];
  /** Of the answers' bodies. */
  receivedBytes: number;
}

/** A way to a server on which everything is counted. */
export interface CountingProxy {
  readonly endpoint: string;
  /** What went through since the last call. */
  take(): Traffic;
  stop(): Promise<void>;
}

/** Stands before a server and changes nothing. */
export async function startCountingProxy(server: S3Server): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true, ca: await readFile(server.ca) });
  let traffic: Traffic = { requests: [], receivedBytes: 0 };
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    traffic.requests.push(`${method!} ${url!.split('?', 1)[0]!}`);
    // The host stays the one that was signed.
    const forwarded = request(`${server.endpoint}${url!}`, { method: method!, headers, agent });
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode!, response.headers);
      response.on('data', (chunk: Buffer) => (traffic.receivedBytes += chunk.length));
      pipeline(response, outgoing).catch(() => outgoing.destroy());
    });
    forwarded.on('error', () => outgoing.destroy());
    pipeline(incoming, forwarded).catch(() => forwarded.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    take() {
      const taken = traffic;
      traffic = { requests: [], receivedBytes: 0 };
      return taken;
    },
    async stop() {
      agent.destroy();
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
