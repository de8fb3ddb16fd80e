import { Worker } from 'node:worker_threads';
import { InternalError } from '../errors/app-error.ts';
import { deflateWasm } from './deflate-wasm.ts';
import { memberFrame } from './gzip-member.ts';

/** What goes to the thread: buffers of their own, which belong to it until they come back. */
interface Order {
  readonly content: ArrayBuffer;
  readonly length: number;
  /** Where the member goes, when it has room for it. */
  readonly member: ArrayBuffer;
}

/** What comes back. */
interface Delivery {
  readonly content: ArrayBuffer;
  readonly member: ArrayBuffer;
  readonly memberLength: number;
}

/** A gzip member, and the memory that it was made in and of. */
export interface PackedMember {
  /** Holds until it is given back. */
  readonly bytes: Buffer;
  /** What the content lay in. */
  readonly content: Buffer<ArrayBuffer>;
  /** Lets the next member be made where this one lies. */
  giveBack(): void;
}

/**
 * Makes gzip members on a thread of its own, by our own DEFLATE (packages/core/assembly), three times as fast as zlib's
 * quickest. It takes some 20 ms to start, so for a small archive there is zlib.
 */
export class DeflateThread {
  readonly #worker: Worker | undefined;
  readonly #waiting: { readonly resolve: (delivery: Delivery) => void; readonly reject: (error: Error) => void }[] = [];
  readonly #members: ArrayBuffer[] = [];
  readonly #start = Promise.withResolvers<boolean>();
  #state: 'starting' | 'ready' | 'gone' = 'starting';

  constructor() {
    const worker = startWorker();
    this.#worker = worker;
    if (worker === undefined) this.#state = 'gone';
    worker?.unref();
    worker?.on('message', (message: Delivery | 'ready') => {
      if (message === 'ready') this.#settle('ready');
      else this.#waiting.shift()!.resolve(message);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker?.on('error', (error) => this.#end(error as Error));
    worker?.on('exit', () => this.#end(new InternalError('the thread that packs has ended')));
  }

  /**
   * Whether it takes members, once that is known: never again where it could not be started, or has failed. The answer
   * keeps the process until then.
   */
  takes(): boolean | Promise<boolean> {
    if (this.#state !== 'starting') return this.#state === 'ready';
    this.#worker!.ref();
    return this.#start.promise;
  }

  /**
   * Makes a member of the first `length` bytes of a buffer that has its memory for itself, which it takes along. Once it
   * {@link takes} members.
   */
  async pack(content: Buffer<ArrayBuffer>, length: number): Promise<PackedMember> {
    const order: Order = { content: content.buffer, length, member: this.#members.pop() ?? new ArrayBuffer(0) };
    const delivery = await new Promise<Delivery>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker!.ref();
      this.#worker!.postMessage(order, [order.content, order.member]);
    });
    return {
      bytes: Buffer.from(delivery.member, 0, delivery.memberLength),
      content: Buffer.from(delivery.content),
      giveBack: () => this.#members.push(delivery.member),
    };
  }

  close(): void {
    void this.#worker?.terminate();
  }

  #settle(state: 'ready' | 'gone'): void {
    this.#state = state;
    this.#start.resolve(state === 'ready');
  }

  #end(error: Error): void {
    this.#settle('gone');
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Undefined where there may be none, as under Node's permissions. */
function startWorker(): Worker | undefined {
  const workerData: ThreadData = { wasm: Buffer.from(deflateWasm, 'base64'), ...memberFrame };
  try {
    return new Worker(`(${serve.toString()})(require('node:worker_threads').workerData)`, {
      eval: true,
      // What Node was told of the program is not told of this one.
      execArgv: [],
      workerData,
    });
  } catch {
    return undefined;
  }
}

/** What the module says of itself: see packages/core/assembly/deflate/deflate.ts. */
interface Deflate {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly heap: { readonly value: number };
  bound(length: number): number;
  reserve(end: number): number;
  deflate(source: number, length: number, target: number): number;
}

/** What the thread is started with: its module, and what stands around what it deflates. */
interface ThreadData {
  readonly wasm: Uint8Array;
  readonly header: Uint8Array;
  readonly trailerBytes: number;
}

/** The thread's whole program: it is sent there as text, and knows nothing of this module. */
function serve({ wasm, header, trailerBytes }: ThreadData): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const deflater = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports as Deflate;
  const source = deflater.heap.value;
  parentPort!.on('message', ({ content, length, member }: Order) => {
    const target = source + length + 64;
    const bound = deflater.bound(length);
    if (!deflater.reserve(target + bound)) throw new RangeError(`no memory to pack ${length} bytes`);
    const bytes = new Uint8Array(content, 0, length);
    new Uint8Array(deflater.memory.buffer).set(bytes, source);
    const deflatedLength = deflater.deflate(source, length, target);
    const most = header.length + bound + trailerBytes;
    const packed = new Uint8Array(member.byteLength < most ? new ArrayBuffer(most) : member);
    packed.set(header);
    packed.set(new Uint8Array(deflater.memory.buffer, target, deflatedLength), header.length);
    const memberLength = header.length + deflatedLength + trailerBytes;
    const trailer = new DataView(packed.buffer, memberLength - trailerBytes);
    trailer.setUint32(0, crc32(bytes), true);
    trailer.setUint32(4, length, true);
    parentPort!.postMessage({ content, member: packed.buffer, memberLength }, [content, packed.buffer]);
  });
  parentPort!.postMessage('ready');
}
