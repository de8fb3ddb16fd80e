import type { Socket } from 'node:net';
import { Block } from './block.ts';
import type { Dial } from './dial.ts';
import { endOnAbort } from './end-on-abort.ts';
import { TimeoutError } from './network-failure.ts';
import { ResponseParser, type ResponseHead, type ResponseSink } from './response-parser.ts';

/** One attempt at one request. */
export interface Attempt {
  readonly head: Buffer;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  /** Until the head of the answer is here. */
  readonly timeoutMs: number;
}

/** An answer of which the head is here; the body waits until it is read. One of the two may be called, once. */
export interface Answer {
  readonly head: ResponseHead;
  /** The whole body, which must be here within the time given. */
  readAll(timeoutMs: number): Promise<Buffer>;
  /**
   * The body in blocks, each valid until the next is asked for, of which one is read ahead; `idleTimeoutMs` of silence
   * while one is waited for ends it with a TimeoutError. What arrived before a failure comes before the failure.
   * Leaving the loop early closes the connection.
   */
  readBlocks(idleTimeoutMs: number): AsyncGenerator<Buffer, void>;
}

/** A connection takes a few round trips; one that takes longer than this goes nowhere. */
const connectTimeoutMs = 20_000;
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
  ask(attempt: Attempt): Promise<Answer> {
    const wire = this.#idle.pop() ?? new Wire(this.#dial, this.#idle);
    return wire.ask(attempt);
  }
}

class Wire implements ResponseSink {
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

  /** Gives the connection up, and with it what is still to come. */
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
    const late = setTimeout(() => this.close(timeout('connection', connectTimeoutMs)), connectTimeoutMs);
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const onread = {
      buffer,
      callback: (length: number) => {
        this.#take(buffer, length);
        return true;
      },
    };
    this.#exchange!.onFinish(() => clearTimeout(late));
    this.#dial(onread).then(
      (socket) => {
        if (this.#isClosed) {
          socket.on('error', () => undefined).destroy();
          return;
        }
        this.#socket = socket;
        if (socket.connecting) socket.once('connect', () => clearTimeout(late));
        else clearTimeout(late);
        socket
          .setNoDelay(true)
          .on('error', (error) => this.close(error))
          // Of a connection that was a proxy's before it was ours.
          .on('data', (bytes: Buffer) => this.#take(bytes, bytes.length))
          .on('end', () => this.#cut())
          .on('close', () => this.#cut());
        this.#send(socket, attempt);
      },
      (error: unknown) => this.close(error as Error),
    );
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

/** One request and its answer. */
class Exchange implements Answer {
  readonly answer: Promise<Answer>;
  readonly #wire: Wire;
  readonly #forget: (() => void)[] = [];
  #settle!: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };
  #patience: NodeJS.Timeout | undefined;
  #head: ResponseHead | undefined;
  #block = new Block();
  #ending: { readonly error: Error | undefined } | undefined;
  /** Of whoever waits for a block, or for the end. */
  #wake: (() => void) | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.answer = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  get head(): ResponseHead {
    return this.#head!;
  }

  /** Ends it, and its connection, when the answer takes too long or is not wanted any more. */
  limit({ signal, timeoutMs }: Attempt): void {
    this.#patience = setTimeout(() => this.#wire.close(timeout('answer', timeoutMs)), timeoutMs);
    if (signal !== undefined) this.onFinish(endOnAbort((error) => this.#wire.close(error), signal));
  }

  onFinish(forget: () => void): void {
    if (this.#ending === undefined) this.#forget.push(forget);
    else forget();
  }

  begin(head: ResponseHead): void {
    clearTimeout(this.#patience);
    this.#head = head;
    this.#settle.resolve(this);
  }

  take(bytes: Buffer, start: number, end: number): void {
    this.#silence?.refresh();
    this.#block.add(bytes, start, end);
    if (!this.#block.isFull) return;
    this.#wire.pause();
    this.#wake?.();
  }

  finish(error?: Error): void {
    clearTimeout(this.#patience);
    this.#ending = { error };
    for (const forget of this.#forget) forget();
    if (error !== undefined) this.#settle.reject(error);
    this.#wake?.();
  }

  async readAll(timeoutMs: number): Promise<Buffer> {
    const late = setTimeout(() => {
      this.#wire.close(new TimeoutError(`the answer was not complete within ${timeoutMs / 1_000} s`));
    }, timeoutMs);
    const blocks: Buffer[] = [];
    try {
      for await (const bytes of this.#blocks()) blocks.push(Buffer.from(bytes));
    } finally {
      clearTimeout(late);
    }
    return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
  }

  async *readBlocks(idleTimeoutMs: number): AsyncGenerator<Buffer, void> {
    this.#silence = setTimeout(() => {
      // Whoever takes their time is no silence of the server.
      if (this.#wake === undefined) return;
      this.#wire.close(new TimeoutError(`nothing more was heard for ${idleTimeoutMs / 1_000} s`));
    }, idleTimeoutMs);
    try {
      yield* this.#blocks();
    } finally {
      clearTimeout(this.#silence);
      this.#silence = undefined;
    }
  }

  async *#blocks(): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        await this.#fullOrEnded();
        const block = this.#block;
        if (!block.isEmpty) {
          this.#block = new Block();
          if (this.#ending === undefined) this.#wire.resume();
          yield block.bytes();
          block.giveBack();
        } else if (this.#ending!.error === undefined) return;
        else throw this.#ending!.error;
      }
    } finally {
      if (this.#ending === undefined) this.#wire.close(new Error('nobody wants the rest'));
    }
  }

  async #fullOrEnded(): Promise<void> {
    if (this.#block.isFull || this.#ending !== undefined) return;
    this.#silence?.refresh();
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

function timeout(what: 'answer' | 'connection', ms: number): TimeoutError {
  return new TimeoutError(`no ${what} within ${ms / 1_000} s`);
}
