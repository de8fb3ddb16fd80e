import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What happens to the next request that it fits, once. */
export type GcsFault =
  /** An answer in place of the server's own. */
  | {
      readonly on: 'any' | 'part';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** A part of an upload is kept in half and then the connection lost, or a 308 names the half. */
  | { readonly on: 'part'; readonly keeps: 'half'; readonly then: 'breaks' | 'says so' };

/** A store of one upload that fails as it is told: what fake-gcs-server cannot play. */
export interface GcsStub {
  readonly endpoint: string;
  /** Taken from the front. */
  readonly faults: GcsFault[];
  /** The value, once it is whole. */
  value(): Buffer | undefined;
  /** Parts of uploads that the server had to take, in bytes. */
  readonly received: number[];
  stop(): Promise<void>;
}

/** Starts the stub. Resumable uploads as https://cloud.google.com/storage/docs/performing-resumable-uploads has them. */
export async function startGcsStub(): Promise<GcsStub> {
  const faults: GcsFault[] = [];
  const received: number[] = [];
  let kept = Buffer.alloc(0);
  let value: Buffer | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '');
    const isPart = range?.[1] !== undefined;
    const place = faults.findIndex(({ on }) => on === 'any' || isPart);
    const [fault] = place < 0 ? [] : faults.splice(place, 1);
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (request.method === 'POST') {
      const location = `http://${request.headers.host!}/session`;
      response.writeHead(200, { location }).end();
      return;
    }
    if (request.method !== 'PUT') {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"No such object"}}');
      return;
    }
    if (isPart) {
      received.push(body.length);
      if (Number(range[1]) !== kept.length) throw new Error(`a part from ${range[1]} on where ${kept.length} are kept`);
      kept = Buffer.concat([kept, fault === undefined ? body : body.subarray(0, body.length / 2)]);
    }
    if (fault?.then === 'breaks') {
      request.socket.destroy();
    } else if (range?.[3] === String(kept.length)) {
      value = kept;
      response.writeHead(200).end('{}');
    } else {
      response.writeHead(308, kept.length === 0 ? {} : { range: `bytes=0-${kept.length - 1}` }).end();
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    received,
    value: () => value,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
