import { request as httpRequest, type Agent, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { TimeoutError } from './network-failure.ts';

/** One attempt at one request. */
export interface Attempt {
  readonly server: URL;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Until the head of the answer is here, and then again until all of it is. */
  readonly timeoutMs: number;
}

/** The head of an answer; the body waits in the connection until it is read. */
export interface Answer {
  readonly statusCode: number;
  /** By names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Readable;
  /** Whether the body that has ended did so where the server meant it to. */
  readonly isWhole: () => boolean;
}

/** A request of either version while it is under way. */
type Call = ClientRequest | ClientHttp2Stream;

/** A connection takes a few round trips; one that takes longer than this goes nowhere. */
export const connectTimeoutMs = 20_000;

/** Sends a request over HTTP/1.1. Throws Node's own errors, {@link TimeoutError} among them. */
export function exchange(attempt: Attempt, agent: Agent): Promise<Answer> {
  const { server, method, headers } = attempt;
  const send = server.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      agent,
      method,
      host: hostOf(server),
      port: portOf(server),
      path: pathOf(attempt),
      headers: headers as Record<string, string | string[]>,
    });
    const headIsHere = watchOver(request, attempt, reject);
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const connecting = setTimeout(() => request.destroy(connectTimeout(connectTimeoutMs)), connectTimeoutMs);
      socket.once('connect', () => clearTimeout(connecting)).once('close', () => clearTimeout(connecting));
    });
    request.once('response', (response) => {
      headIsHere();
      const { headers, rawHeaders } = response;
      resolve({
        ...{ statusCode: response.statusCode!, headers, rawHeaders, body: response },
        isWhole: () => response.complete,
      });
    });
    request.end(bytesOf(attempt));
  });
}

/**
 * Ends a call once it takes too long or is cancelled, and says so to `failed`, as all else that goes wrong before the
 * head of the answer. What it returns is to be called when that is here.
 */
export function watchOver(call: Call, { signal, timeoutMs }: Attempt, failed: (error: unknown) => void): () => void {
  let isHere = false;
  const late = setTimeout(() => call.destroy(new TimeoutError(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs);
  const forget = signal && endOnAbort(call, signal);
  call.on('error', failed);
  call.once('close', () => {
    clearTimeout(late);
    forget?.();
    if (!isHere) failed(cutError());
  });
  return () => {
    isHere = true;
    clearTimeout(late);
  };
}

/** The calls that end with a signal: a listener of its own for each of many would cost more than the set of them. */
const endingWith = new WeakMap<AbortSignal, Set<Call>>();

/** Ends the call when the signal fires, until what is returned is called. */
function endOnAbort(call: Call, signal: AbortSignal): () => void {
  const calls = endingWith.get(signal) ?? new Set<Call>();
  if (!endingWith.has(signal)) {
    endingWith.set(signal, calls);
    signal.addEventListener('abort', () => {
      for (const each of calls) each.destroy(signal.reason as Error);
    });
  }
  calls.add(call);
  if (signal.aborted) call.destroy(signal.reason as Error);
  return () => calls.delete(call);
}

export function connectTimeout(timeoutMs: number): TimeoutError {
  return new TimeoutError(`no connection within ${timeoutMs / 1_000} s`);
}

/** Without the brackets that a URL has around an IPv6 address. */
export function hostOf(server: URL): string {
  return server.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(server: URL): number {
  return Number(server.port || (server.protocol === 'https:' ? 443 : 80));
}

export function pathOf({ server, path }: Attempt): string {
  return server.pathname.replace(/\/$/, '') + path;
}

/** A text body would go out in one string with the head, whose bytes Node would then encode once more. */
export function bytesOf({ body }: Attempt): Buffer | undefined {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

/**
 * The body in chunks, read no faster than asked for; `idleTimeoutMs` of silence while one is waited for ends it with a
 * {@link TimeoutError}. Leaving the loop early closes the connection.
 */
export async function* readBody(body: Readable, idleTimeoutMs: number): AsyncGenerator<Buffer, void> {
  let waiting = false;
  // Re-armed by each wait; a consumer that takes its time is no silence of the server.
  const timer = setTimeout(() => {
    if (waiting) body.destroy(new TimeoutError(`nothing more was heard for ${idleTimeoutMs / 1_000} s`));
  }, idleTimeoutMs);
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
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
    body.destroy();
  }
}

/** The whole body, which must be here within the time given. */
export function readAll({ body, isWhole }: Answer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const late = setTimeout(
      () => body.destroy(new TimeoutError(`the answer was not complete within ${timeoutMs / 1_000} s`)),
      timeoutMs,
    );
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.once('end', () => {
      clearTimeout(late);
      if (isWhole()) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      else reject(cutError());
    });
    body.once('error', reject);
    body.once('close', () => {
      clearTimeout(late);
      if (!body.readableEnded) reject(cutError());
    });
  });
}

/** As Node says it of a connection that ends too early; a stream of HTTP/2 may just end or close. */
export function cutError(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
