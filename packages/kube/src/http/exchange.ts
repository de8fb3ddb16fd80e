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
    });
    const end = (error: Error): void => {
      request.destroy(error);
      // Without a socket, while a proxy is silent, Node would say so only once it had one.
      reject(error);
    };
    const late = (what: string, ms: number): NodeJS.Timeout =>
      setTimeout(() => end(new TimeoutError(`no ${what} within ${ms / 1_000} s`)), ms);
    const patience = late('answer', timeoutMs);
    const connecting = late('connection', connectTimeoutMs);
    const forget = signal && endOnAbort(end, signal);
    request.once('socket', (socket) => {
      if (!socket.connecting) clearTimeout(connecting);
      else socket.once('connect', () => clearTimeout(connecting));
    });
    request.once('response', (response) => {
      clearTimeout(patience);
      resolve(response);
    });
    request.on('error', reject);
    request.once('close', () => {
      clearTimeout(patience);
      clearTimeout(connecting);
      forget?.();
    });
    // A text body would go out in one string with the head, whose bytes Node would then encode once more.
    request.end(typeof body === 'string' ? Buffer.from(body) : body);
  });
}

/** What ends requests with a signal: a listener of its own for each of many would cost more than the set of them. */
const endingWith = new WeakMap<AbortSignal, Set<(error: Error) => void>>();

/** Has `end` called with the signal's reason when it fires, until what is returned is called. */
function endOnAbort(end: (error: Error) => void, signal: AbortSignal): () => void {
  const ends = endingWith.get(signal) ?? new Set();
  if (!endingWith.has(signal)) {
    endingWith.set(signal, ends);
    signal.addEventListener('abort', () => {
      for (const each of ends) each(signal.reason as Error);
    });
  }
  ends.add(end);
  if (signal.aborted) end(signal.reason as Error);
  return () => ends.delete(end);
}

/** A server sends two kilobytes at a time: to hand on each by itself would take longer than to receive it. */
const blockBytes = 1 << 17;
/** Those that no body is being read into. */
const idleBlocks: Buffer[] = [];

/**
 * The body in blocks, read no faster than asked for, each valid until the next is asked for; `idleTimeoutMs` of silence
 * while one is waited for ends it with a {@link TimeoutError}. What arrived before a failure comes before the failure.
 * Leaving the loop early closes the connection.
 */
export async function* readBody(response: IncomingMessage, idleTimeoutMs: number): AsyncGenerator<Buffer, void> {
  const block = idleBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  let used = 0;
  let beyond: Buffer | undefined;
  const take = (bytes: Buffer): void => {
    const taken = bytes.copy(block, used);
    used += taken;
    beyond = taken < bytes.length ? bytes.subarray(taken) : undefined;
  };
  const isFull = (): boolean => used === block.length;

  let ending: { readonly error: Error | undefined } | undefined;
  let wake: (() => void) | undefined;
  // Re-armed by each wait; a consumer that takes its time is no silence of the server.
  const silence = setTimeout(() => {
    if (wake !== undefined) response.destroy(new TimeoutError(`nothing more was heard for ${idleTimeoutMs / 1_000} s`));
  }, idleTimeoutMs);
  const onData = (chunk: Buffer): void => {
    silence.refresh();
    take(chunk);
    if (!isFull()) return;
    response.pause();
    wake?.();
  };
  response.on('data', onData);
  onEnd(response, (error) => {
    ending ??= { error };
    wake?.();
  });

  try {
    for (;;) {
      if (!isFull() && ending === undefined) {
        silence.refresh();
        response.resume();
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
      }
      if (used > 0) yield block.subarray(0, used);
      used = 0;
      if (beyond !== undefined) take(beyond);
      if (used > 0 || ending === undefined) continue;
      if (ending.error !== undefined) throw ending.error;
      return;
    }
  } finally {
    clearTimeout(silence);
    response.off('data', onData).destroy();
    idleBlocks.push(block);
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
    onEnd(response, (error) => {
      clearTimeout(late);
      if (error !== undefined) reject(error);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
  });
}

/** Says that the body is whole, or why it never will be. */
function onEnd(response: IncomingMessage, say: (error?: Error) => void): void {
  response.once('end', () => say());
  response.once('error', say);
  response.once('close', () => {
    // Node has said so by an error; if ever it does not, nobody waits for what will not come.
    if (!response.readableEnded) say(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  });
}
