import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificate } from './certificates.ts';

/** An API server's answer, whatever its status. */
interface ApiResponse {
  readonly status: number;
  readonly body: string;
}

/** The harness's own way to an API server: a client that shares nothing with the product that it tests. */
export interface ApiClient {
  /** Sends `body` as JSON unless `contentType` says otherwise. Rejects only when no answer came. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse>;
  /** As request; throws when the answer's status is none of `expected` (any 2xx unless given); returns the parsed body. */
  expect<T = unknown>(method: string, path: string, body?: unknown, expected?: readonly number[]): Promise<T>;
  close(): void;
}

export interface ApiClientOptions extends Certificate {
  readonly serverUrl: string;
  readonly caPem: string;
  /** Connections held open at once. */
  readonly connections?: number;
}

/** A client with a certificate over connections that stay open. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { serverUrl, caPem, certificatePem, keyPem, connections = 4 } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connections,
    ca: caPem,
    cert: certificatePem,
    key: keyPem,
  });
  const client: ApiClient = {
    request(method, path, body, contentType = 'application/json') {
      const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const headers = {
        accept: 'application/json',
        ...(payload !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
      };
      return new Promise((resolve, reject) => {
        const outgoing = httpsRequest(`${serverUrl}${path}`, { agent, method, headers }, (response) => {
          text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
        });
        outgoing.on('error', reject);
        outgoing.end(payload);
      });
    },
    async expect<T>(method: string, path: string, body?: unknown, expected?: readonly number[]): Promise<T> {
      const answer = await client.request(method, path, body);
      const good = expected?.includes(answer.status) ?? (answer.status >= 200 && answer.status < 300);
      if (!good) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.slice(0, 2_000)}`);
      return JSON.parse(answer.body) as T;
    },
    close: () => agent.destroy(),
  };
  return client;
}
