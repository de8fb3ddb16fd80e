import { startForwarder, type Forwarder } from './forwarder.ts';
import type { S3Server } from './versitygw.ts';

/** What went through a proxy. */
export interface Traffic {
  /** `GET /bucket/key`, without the query. */
  readonly requests: string[];
  /** Of the answers' bodies. */
  receivedBytes: number;
}

/** A way to a server on which everything is counted. */
export interface CountingProxy extends Forwarder {
  /** What went through since the last call. */
  take(): Traffic;
}

/** Stands before a server and changes nothing. */
export async function startCountingProxy(server: S3Server): Promise<CountingProxy> {
  let traffic: Traffic = { requests: [], receivedBytes: 0 };
  const forwarder = await startForwarder(server, {
    headersOf: ({ method, url, headers }) => {
      traffic.requests.push(`${method!} ${url!.split('?', 1)[0]!}`);
      // The host stays the one that was signed.
      return headers;
    },
    received: (bytes) => (traffic.receivedBytes += bytes.length),
  });
  return {
    ...forwarder,
    take() {
      const taken = traffic;
      traffic = { requests: [], receivedBytes: 0 };
      return taken;
    },
  };
}
