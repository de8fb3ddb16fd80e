import { validateHeaderValue } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { dialTls, withinTime, type TlsOptions } from './dial.ts';
import { bytesOf, cutError, pathOf, watchOver, type Answer, type Attempt } from './exchange.ts';
import { TimeoutError } from './network-failure.ts';

/** What may be under way to us before we have read it: answers come in one go, and none holds up the others. */
const streamWindowBytes = 1 << 20;
const connectionWindowBytes = 1 << 26;
/** Node refuses requests while more than this waits to be sent; who sends them bounds it by how many he makes at once. */
const sessionMemoryMb = 1_024;

/**
 * One HTTP/2 connection to a server, for many small requests at a time: each then costs both sides a sixth less. It is
 * made for the first request, and anew for the first one after it has ended. An idle one does not keep the process alive.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9113
 */
export class SharedConnection {
  readonly #server: URL;
  readonly #tls: TlsOptions;
  #opening: Promise<ClientHttp2Session | undefined> | undefined;
  #session: ClientHttp2Session | undefined;
  #speaksHttp2 = true;

  constructor(server: URL, tls: TlsOptions) {
    this.#server = server;
    this.#tls = tls;
  }

  /** As `exchange` over HTTP/1.1; undefined, and nothing is sent, when the server speaks only that. */
  async exchange(attempt: Attempt): Promise<Answer | undefined> {
    // Node's HTTP/1.1 looks for itself; here a server would end the connection of all.
    for (const [name, value] of Object.entries(attempt.headers)) validateHeaderValue(name, value as string);
    const session = await this.#current(attempt);
    if (session === undefined) return undefined;
    return new Promise((resolve, reject) => {
      const stream = send(session, attempt);
      const headIsHere = watchOver(stream, attempt, reject);
      stream.once('response', (headers, _flags, rawHeaders) => {
        headIsHere();
        resolve({
          ...{ statusCode: headers[':status']!, headers, rawHeaders, body: stream },
          // What is broken off ends as if it were complete.
          isWhole: () => stream.rstCode === 0,
        });
      });
      stream.once('error', (error) => {
        // Where one answer is waited for in vain the connection may be dead: what comes next makes its own.
        if (error instanceof TimeoutError) this.#retire(session);
      });
    });
  }

  /** Undefined when the server speaks only HTTP/1.1. */
  async #current(attempt: Attempt): Promise<ClientHttp2Session | undefined> {
    if (!this.#speaksHttp2 || this.#session?.closed === false) return this.#session;
    attempt.signal?.throwIfAborted();
    this.#opening ??= this.#open(attempt.timeoutMs).finally(() => (this.#opening = undefined));
    return unlessCancelled(this.#opening, attempt.signal);
  }

  async #open(timeoutMs: number): Promise<ClientHttp2Session | undefined> {
    const [socket, { connect }] = await Promise.all([
      dialTls(this.#server, { ...this.#tls, ALPNProtocols: ['h2', 'http/1.1'] }, timeoutMs),
      import('node:http2'),
    ]);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      this.#speaksHttp2 = false;
      return undefined;
    }
    const session = connect(this.#server.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      maxSessionMemory: sessionMemoryMb,
    });
    for (const end of ['goaway', 'error', 'close']) session.on(end, () => this.#retire(session));
    // Until then we would not know how many requests the server takes at a time.
    await withinTime(timeoutMs, settingsOf(session), (late) => session.destroy(late));
    session.setLocalWindowSize(connectionWindowBytes);
    // Whoever waits for an answer does so with a timer.
    session.unref();
    this.#session = session;
    return session;
  }

  /** Takes no more requests; those under way come to their end. */
  #retire(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined;
    if (!session.closed) session.close();
  }
}

/** Resolves once the server has said how it wants to be spoken to. */
function settingsOf(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.once('error', reject);
    session.once('close', () => reject(cutError()));
  });
}

function send(session: ClientHttp2Session, attempt: Attempt): ClientHttp2Stream {
  const { method, headers } = attempt;
  const body = bytesOf(attempt);
  const stream = session.request(
    { ...(headers as Record<string, string | string[]>), ':method': method, ':path': pathOf(attempt) },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body);
  return stream;
}

/** Rejects with the signal's reason as soon as that is known; what was waited for goes on for others. */
async function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let cancel: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    cancel = () => reject(signal.reason as Error);
    signal.addEventListener('abort', cancel);
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    signal.removeEventListener('abort', cancel!);
  }
}
