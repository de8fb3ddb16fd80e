import { request as httpRequest, type Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
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
      ...(signal && { signal }),
    });
    const patience = setTimeout(
      () => request.destroy(new TimeoutError(`no answer within ${timeoutMs / 1_000} s`)),
      timeoutMs,
    );
    const connecting = setTimeout(
      () => request.destroy(new TimeoutError(`no connection within ${connectTimeoutMs / 1_000} s`)),
      connectTimeoutMs,
    );
    const settle = () => {
      clearTimeout(patience);
      clearTimeout(connecting);
    };
    request.once('socket', (socket) => {
      if (!socket.connecting) clearTimeout(connecting);
      else socket.once('connect', () => clearTimeout(connecting));
    });
    request.once('response', (response) => {
      settle();
      resolve(response);
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    // A text body would go out in one string with the head, whose bytes Node would then encode once more.
    request.end(typeof body === 'string' ? Buffer.from(body) : body);
  });
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
export async function readAll(response: IncomingMessage, timeoutMs: number): Promise<Buffer> {
  const late = setTimeout(
    () => response.destroy(new TimeoutError(`the answer was not complete within ${timeoutMs / 1_000} s`)),
    timeoutMs,
  );
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  } finally {
    clearTimeout(late);
  }
}
