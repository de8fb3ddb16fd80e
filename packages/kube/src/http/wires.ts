import type { Socket } from 'node:net';
import type { Dial } from './dial.ts';
import { Exchange, type Answer, type Attempt, type Carrier } from './exchange.ts';
import { TimeoutError } from './network-failure.ts';
import { ResponseParser, type ResponseHead, type ResponseSink } from './response-parser.ts';

/** A connection takes a few round trips; one that takes longer than this goes nowhere. */
const connectTimeoutMs = 20_000;
/** As the client of Node does: what stands between would forget a connection that nobody uses, without a word. */
const keepAliveMs = 1_000;
/** What the system hands over at once, at most. */
const readBytes = 1 << 16;

/**
 * Connections to one server, each used again once its answer has come. Their number is not limited: who has lists open
 * and asks for one thing more would wait for itself. Idle ones do not keep the process alive.
 *
 * The client of Node takes four times as long for what it brings: it makes a buffer of each piece that arrives, and
 * another of what is the body's of it, where here all is read into one and copied once (`npm run bench -- create`).
 */
export class Wires {
  readonly #dial: Dial;
  /** The last that was used comes first: so those that nobody needs any more are closed by the server. */
  readonly #idle: Wire[] = [];

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** Sends a request and resolves with its answer. Throws Node's own errors, {@link TimeoutError}, NotHttpError. */
  async ask(attempt: Attempt): Promise<Answer> {
    attempt.signal?.throwIfAborted();
    const wire = this.#idle.pop() ?? new Wire(this.#dial, this.#idle);
    return wire.ask(attempt);
  }
}

class Wire implements ResponseSink, Carrier {
  readonly #dial: Dial;
  readonly #idle: Wire[];
  readonly #parser = new ResponseParser(this);
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;
  #isClosed = false;

  constructor(dial: Dial, idle: Wire[]) {
    this.#dial = dial;
    this.#idle = idle;
  }

  ask(attempt: Attempt): Promise<Answer> {
    const exchange = new Exchange(this);
    this.#exchange = exchange;
    exchange.limit(attempt);
    this.#parser.expect();
    if (this.#isClosed) return exchange.answer;
    if (this.#socket === undefined) this.#open(attempt);
    else this.#send(this.#socket, attempt);
    return exchange.answer;
  }

  close(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const place = this.#idle.indexOf(this);
    if (place >= 0) this.#idle.splice(place, 1);
    this.#socket?.destroy();
    this.#exchange?.finish(error);
    this.#exchange = undefined;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  head(head: ResponseHead): void {
    this.#exchange!.begin(head);
  }

  body(bytes: Buffer, start: number, end: number): void {
    this.#exchange!.take(bytes, start, end);
  }

  end(): void {
    const exchange = this.#exchange!;
    this.#exchange = undefined;
    exchange.finish();
    if (this.#parser.isFree) {
      this.#socket!.resume().unref();
      this.#idle.push(this);
    } else this.close(new Error('the connection is not to be used again'));
  }

  #open(attempt: Attempt): void {
    const silent = new TimeoutError(`no connection within ${connectTimeoutMs / 1_000} s`);
    const late = setTimeout(() => this.close(silent), connectTimeoutMs);
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const onread = {
      buffer,
      callback: (length: number) => {
        this.#take(buffer, length);
        return true;
      },
    };
    this.#exchange!.onFinish(() => clearTimeout(late));
    this.#dial(onread)
      .then((socket) => {
        if (this.#isClosed) {
          socket.on('error', () => undefined).destroy();
          return;
        }
        this.#socket = socket;
        if (socket.connecting) socket.once('connect', () => clearTimeout(late));
        else clearTimeout(late);
        socket
          .setNoDelay(true)
          .setKeepAlive(true, keepAliveMs)
          .on('error', (error) => this.close(error))
          // Of a connection that was a proxy's before it was ours.
          .on('data', (bytes: Buffer) => this.#take(bytes, bytes.length))
          .on('end', () => this.#cut())
          .on('close', () => this.#cut());
        this.#send(socket, attempt);
      })
      .catch((error: unknown) => this.close(error as Error));
  }

  #send(socket: Socket, { head, body }: Attempt): void {
    socket.ref();
    // Together, for each write is a record of its own.
    socket.cork();
    socket.write(head);
    if (body !== undefined) socket.write(body);
    socket.uncork();
  }

  #take(bytes: Buffer, length: number): void {
    if (this.#isClosed) return;
    try {
      this.#parser.push(bytes, length);
    } catch (error) {
      this.close(error as Error);
    }
  }

  #cut(): void {
    if (this.#isClosed) return;
    this.#parser.close();
    this.close(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }
}
