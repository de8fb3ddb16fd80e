import { Block } from './block.ts';
import { endOnAbort } from './end-on-abort.ts';
import { TimeoutError } from './network-failure.ts';
import type { ResponseHead } from './response-parser.ts';

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

/** What carries an exchange. */
export interface Carrier {
  /** Nothing more is taken from the server for now; what it has read by then may still come. */
  pause(): void;
  resume(): void;
  /** Gives the connection up, and with it what is still to come. */
  close(error: Error): void;
}

/** In the time that a server may be silent. */
const looksForSilence = 8;

/** One request and its answer. */
export class Exchange implements Answer {
  readonly answer: Promise<Answer>;
  readonly #wire: Carrier;
  readonly #forget: (() => void)[] = [];
  #settle!: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };
  #patience: NodeJS.Timeout | undefined;
  #head: ResponseHead | undefined;
  #block = new Block();
  #ending: { readonly error: Error | undefined } | undefined;
  /** Of whoever waits for a block, or for the end. */
  #wake: (() => void) | undefined;
  /** Whether anything was heard, or wanted, since the last look at whether the server is silent. */
  #isHeard = false;

  constructor(wire: Carrier) {
    this.#wire = wire;
    this.answer = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  get head(): ResponseHead {
    return this.#head!;
  }

  /** Ends it, and its connection, when the answer takes too long or is not wanted any more. */
  limit({ signal, timeoutMs }: Attempt): void {
    this.#patience = setTimeout(
      () => this.#wire.close(new TimeoutError(`no answer within ${timeoutMs / 1_000} s`)),
      timeoutMs,
    );
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
    this.#isHeard = true;
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
    // Pieces have two kilobytes: a timer set anew with each is work of its own.
    let quiet = 0;
    const watch = setInterval(() => {
      // Whoever takes their time is no silence of the server.
      quiet = this.#isHeard || this.#wake === undefined ? 0 : quiet + 1;
      this.#isHeard = false;
      if (quiet < looksForSilence) return;
      this.#wire.close(new TimeoutError(`nothing more was heard for ${idleTimeoutMs / 1_000} s`));
    }, idleTimeoutMs / looksForSilence);
    try {
      yield* this.#blocks();
    } finally {
      clearInterval(watch);
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
    this.#isHeard = true;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}
