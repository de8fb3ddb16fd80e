import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions } from './connection/connection-options.ts';

/** A server for tests that misbehaves in one way; what it does right is no more than the test needs. */
export interface FaultServer extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, in order: `GET /api/v1/pods?limit=500`. */
  readonly asked: readonly string[];
}

/** Starts a server on the loopback address. `answer` gets the number of the request, from 0. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, turn: number) => void,
): Promise<FaultServer> {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(`${request.method!} ${request.url!}`);
    answer(request, response, asked.length - 1);
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, statusCode: number, body: unknown, headers = {}): void {
  response.writeHead(statusCode, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers as an API server does that refuses. */
export function sendStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  more: { readonly details?: unknown; readonly headers?: Record<string, string> } = {},
): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details: more.details };
  sendJson(response, code, status, more.headers);
}

/** Options that reach `server` and nothing of this machine; retries wait as little as they may. */
export function optionsFor(server: string, more: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return { server, env: { HOME: '/nonexistent' }, clock: { now: () => 0 }, random: () => 0, ...more };
}
