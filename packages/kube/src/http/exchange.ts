import {
  request as httpRequest,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TimeoutError } from './network-failure.ts';

/** One attempt at one request. */
export interface Attempt {
  readonly server: URL;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Until the head of the answer is here. */
  readonly timeoutMs: number;
}

/** A connection takes a few round trips; one that takes longer than this goes nowhere. */
const connectTimeoutMs = 20_000;

/**
 * Sends a request and resolves with the head of its answer; the body waits in the socket until it is read.
 *
 * Throws Node's own errors, {@link TimeoutError} among them.
 */
export function exchange(attempt: Attempt): Promise<IncomingMessage> {
  const { server, agent, method, path, headers, body, signal, timeoutMs } = attempt;
  const send = server.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      agent,
      method,
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port || (server.protocol === 'https:' ? 443 : 80),
      path: server.pathname.replace(/\/$/, '') + path,
      headers,
    });
    const late = (what: string, ms: number): NodeJS.Timeout =>
      setTimeout(() => request.destroy(new TimeoutError(`no ${what} within ${ms / 1_000} s`)), ms);
    const patience = late('answer', timeoutMs);
    const forget = signal && endOnAbort(request, signal);
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const connecting = late('connection', connectTimeoutMs);
      socket.once('connect', () => clearTimeout(connecting)).once('close', () => clearTimeout(connecting));
    });
    request.once('response', (response) => {
      clearTimeout(patience);
      resolve(response);
    });
    request.on('error', reject);
    request.once('close', () => {
      clearTimeout(patience);
      forget?.();
    });
    // A text body would go out in one string with the head, whose bytes Node would then encode once more.
    request.end(typeof body === 'string' ? Buffer.from(body) : body);
  });
}

/** The requests that end with a signal: a listener of its own for each of many would cost more than the set of them. */
const endingWith = new WeakMap<AbortSignal, Set<ClientRequest>>();

/** Ends the request when the signal fires, until what is returned is called. */
function endOnAbort(request: ClientRequest, signal: AbortSignal): () => void {
  const requests = endingWith.get(signal) ?? new Set<ClientRequest>();
  if (!endingWith.has(signal)) {
    endingWith.set(signal, requests);
    signal.addEventListener('abort', () => {
      for (const each of requests) each.destroy(signal.reason as Error);
    });
  }
  requests.add(request);
  if (signal.aborted) request.destroy(signal.reason as Error);
  return () => requests.delete(request);
}

/**
 * The body in chunks, read no faster than asked for; `idleTimeoutMs` of silence while one is waited for ends it with a
 * {@link TimeoutError}. Leaving the loop early closes the connection.
 */
export async function* readBody(response: IncomingMessage, idleTimeoutMs: number): AsyncGenerator<Buffer, void> {
  let waiting = false;
  // Re-armed by each wait; a consumer that takes its time is no silence of the server.
  const timer = setTimeout(() => {
    if (waiting) response.destroy(new TimeoutError(`nothing more was heard for ${idleTimeoutMs / 1_000} s`));
  }, idleTimeoutMs);
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      waiting = true;
      timer.refresh();
      const next = await chunks.next();
      waiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

/** The whole body, which must be here within the time given. */
export function readAll(response: IncomingMessage, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const late = setTimeout(
      () => response.destroy(new TimeoutError(`the answer was not complete within ${timeoutMs / 1_000} s`)),
      timeoutMs,
    );
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // What ends too early is an error to Node as well.
    response.once('error', reject);
    response.once('close', () => clearTimeout(late));
  });
}
