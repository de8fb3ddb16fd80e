import { AppError } from '../errors/app-error.ts';
import type { OwnerReference } from './manifest.ts';
import type { RawObject } from './raw-object.ts';
import { serverOwnedMembers } from './server-owned-members.ts';
import { scanWasm } from './scan-wasm.ts';

const backslash = 0x5c;
const quote = 0x22;
const openBrace = 0x7b;

/** The members that the scanner finds, by the id (the place in this list) that it keeps them under. */
const watched = [
  { within: 'object', member: 'apiVersion' },
  { within: 'object', member: 'kind' },
  { within: 'object', member: 'metadata' },
  { within: 'metadata', member: 'name' },
  { within: 'metadata', member: 'namespace' },
  { within: 'metadata', member: 'labels' },
  { within: 'metadata', member: 'annotations' },
  { within: 'metadata', member: 'ownerReferences' },
  ...serverOwnedMembers,
] as const;

const levels = ['object', 'metadata'] as const;
type Level = (typeof levels)[number];
const idOf = (within: Level, member: string): number =>
  watched.findIndex((row) => row.within === within && row.member === member);

const ids = {
  apiVersion: idOf('object', 'apiVersion'),
  kind: idOf('object', 'kind'),
  metadata: idOf('object', 'metadata'),
  name: idOf('metadata', 'name'),
  namespace: idOf('metadata', 'namespace'),
  uid: idOf('metadata', 'uid'),
  labels: idOf('metadata', 'labels'),
  annotations: idOf('metadata', 'annotations'),
  ownerReferences: idOf('metadata', 'ownerReferences'),
};

/** What packages/core/assembly/scan/scan.ts shows. */
interface Scan {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly members: { readonly value: number };
  readonly memberBytes: { readonly value: number };
  readonly starts: { readonly value: number };
  readonly ends: { readonly value: number };
  readonly cuts: { readonly value: number };
  readonly heap: { readonly value: number };
  readonly depthPlace: { readonly value: number };
  readonly cutCountPlace: { readonly value: number };
  reserve(end: number): number;
  begin(members: number, metadata: number): void;
  readonly scan: (base: number, from: number, end: number) => number;
}

let compiled: object | undefined;

const leastRoomBytes = 1 << 12;
/** More than most objects, and most chunks of a list, need. */
const keptRoomBytes = 1 << 20;

/**
 * Finds the end of one JSON object and, in the same pass, what a {@link RawObject} tells of it: in WebAssembly, a third
 * of the time that it takes here (`npm run bench -- archive`).
 *
 * What it scans lies in its own memory, {@link room}. It can stop at any byte and go on when more have come; the bytes may
 * move between two calls. It follows strings and brackets and trusts the rest: what it makes of bytes that are not JSON
 * is unspecified, but it never finds anything past them.
 */
class ObjectScanner {
  readonly #module: Scan;
  readonly #scan: Scan['scan'];
  readonly #heap: number;
  #room: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** What the scan keeps of its own, as words; and where in it lies what. */
  #words = new Uint32Array(0);
  readonly #at: Readonly<Record<'starts' | 'ends' | 'cuts' | 'cutCount' | 'depth', number>>;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(scanWasm, 'base64'));
    const scan = new WebAssembly.Instance(compiled).exports as Scan;
    const { heap, starts, ends, cuts, cutCountPlace, depthPlace, members, memberBytes } = scan;
    const word = ({ value }: { readonly value: number }): number => value / 4;
    this.#at = {
      ...{ starts: word(starts), ends: word(ends), cuts: word(cuts) },
      ...{ cutCount: word(cutCountPlace), depth: word(depthPlace) },
    };
    this.#module = scan;
    this.#scan = scan.scan;
    this.#heap = heap.value;
    this.room(leastRoomBytes);
    const table = Buffer.from(scan.memory.buffer);
    for (const [id, { within, member }] of watched.entries()) {
      const isCut = serverOwnedMembers.some((row) => row.within === within && row.member === member);
      const row = members.value + id * memberBytes.value;
      table.set([levels.indexOf(within), member.length, Number(isCut), 0, ...Buffer.from(member)], row);
    }
    scan.begin(watched.length, ids.metadata);
  }

  /** The memory for what is scanned, of at least that length; what it held before it still holds, at the same offsets. */
  room(length: number): Buffer<ArrayBuffer> {
    if (length > this.#room.length) {
      const most = Math.max(length, 2 * this.#room.length);
      if (this.#module.reserve(this.#heap + most) === 0) throw new RangeError(`no memory to hold ${length} bytes`);
      const { buffer } = this.#module.memory;
      this.#room = Buffer.from(buffer, this.#heap, most);
      this.#words = new Uint32Array(buffer, 0, this.#heap / 4);
    }
    return this.#room;
  }

  /**
   * Goes on at the offset `from` in the room, in which the object's first byte is at `base`, where a new one begins. Returns
   * the offset just past the object, or, when its end has not come yet, where to go on (at most one past `end`).
   */
  scan(base: number, from: number, end: number): number {
    const heap = this.#heap;
    const scan = this.#scan;
    return scan(heap + base, heap + from, heap + end) - heap;
  }

  /** Whether the object's end has been found. */
  get done(): boolean {
    return this.#words[this.#at.depth] === 0;
  }

  /** Whether the object carries the member of its own accord. */
  has(member: 'apiVersion' | 'kind'): boolean {
    return this.#end(ids[member]) > 0;
  }

  /**
   * The object that was scanned, of which `bytes` are the window, `inserted` of them put in just after the first.
   * Throws CLUSTER_PROTOCOL when it has no name.
   */
  object(bytes: Buffer, inserted: number): RawObject {
    const name = this.#text(bytes, ids.name, inserted);
    if (name === undefined || name === '') {
      throw new AppError('CLUSTER_PROTOCOL', 'an object came without metadata.name');
    }
    return new ScannedObject(
      bytes,
      name,
      this.#text(bytes, ids.namespace, inserted) || undefined,
      this.#text(bytes, ids.uid, inserted) || undefined,
      this.#contentCuts(inserted),
      this.#range(ids.ownerReferences, inserted),
      this.#range(ids.labels, inserted),
      this.#range(ids.annotations, inserted),
    );
  }

  #contentCuts(inserted: number): readonly number[] {
    const end = this.#at.cuts + this.#words[this.#at.cutCount]!;
    if (end > this.#words.length) throw new AppError('CLUSTER_PROTOCOL', 'an object has a member again and again');
    const cuts: number[] = [];
    for (let at = this.#at.cuts; at < end; at++) cuts.push(this.#words[at]! + inserted);
    return cuts;
  }

  #end(id: number): number {
    return this.#words[this.#at.ends + id]!;
  }

  #range(id: number, inserted: number): Range | undefined {
    const end = this.#end(id);
    return end === 0 ? undefined : { start: this.#words[this.#at.starts + id]! + inserted, end: end + inserted };
  }

  #text(bytes: Buffer, id: number, inserted: number): string | undefined {
    const range = this.#range(id, inserted);
    if (range === undefined) return undefined;
    return plainText(bytes, range) ?? parsedText(bytes, range, watched[id]!.member);
  }
}

/** The object that `bytes` hold, which must be one JSON object and nothing else. Throws CLUSTER_PROTOCOL. */
export function rawObject(bytes: Buffer): RawObject {
  const scanner = takeScanner();
  const start = bytes.indexOf(openBrace);
  bytes.copy(scanner.room(bytes.length));
  const end = start < 0 ? 0 : scanner.scan(start, start, bytes.length);
  const around =
    end > bytes.length ? '' : bytes.toString('latin1', 0, Math.max(start, 0)) + bytes.toString('latin1', end);
  if (start < 0 || !scanner.done || around.trim() !== '') {
    throw new AppError('CLUSTER_PROTOCOL', 'what should be one JSON object is not');
  }
  const object = scanner.object(bytes.subarray(start, end), 0);
  giveScannerBack(scanner);
  return object;
}

/** Those that nobody needs now: a new one takes as long as a thousand objects. */
const idle: ObjectScanner[] = [];
const mostIdle = 16;

/** A scanner for oneself, with a room of any size and anything in it. */
export function takeScanner(): ObjectScanner {
  return idle.pop() ?? new ObjectScanner();
}

/** What {@link takeScanner} gave may go to another. One with a room that few need is let go. */
export function giveScannerBack(scanner: ObjectScanner): void {
  if (idle.length < mostIdle && scanner.room(0).length <= keptRoomBytes) idle.push(scanner);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

class ScannedObject implements RawObject {
  readonly bytes: Buffer;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string | undefined;
  readonly contentCuts: readonly number[];
  readonly #owners: Range | undefined;
  readonly #labels: Range | undefined;
  readonly #annotations: Range | undefined;

  constructor(
    bytes: Buffer,
    name: string,
    namespace: string | undefined,
    uid: string | undefined,
    contentCuts: readonly number[],
    owners: Range | undefined,
    labels: Range | undefined,
    annotations: Range | undefined,
  ) {
    this.bytes = bytes;
    this.name = name;
    this.namespace = namespace;
    this.uid = uid;
    this.contentCuts = contentCuts;
    this.#owners = owners;
    this.#labels = labels;
    this.#annotations = annotations;
  }

  ownerReferences(): readonly OwnerReference[] {
    return (parsed(this.bytes, this.#owners) ?? []) as readonly OwnerReference[];
  }

  labels(): Readonly<Record<string, string>> {
    return (parsed(this.bytes, this.#labels) ?? {}) as Readonly<Record<string, string>>;
  }

  annotations(): Readonly<Record<string, string>> {
    return (parsed(this.bytes, this.#annotations) ?? {}) as Readonly<Record<string, string>>;
  }
}

/** The text of a JSON string without escapes and with no byte beyond ASCII, as nearly all are; else undefined. */
function plainText(bytes: Buffer, range: Range): string | undefined {
  const { start, end } = range;
  if (bytes[start] !== quote || bytes[end - 1] !== quote) return undefined;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at]!;
    if (byte === backslash || byte >= 0x7f) return undefined;
  }
  return bytes.toString('latin1', start + 1, end - 1);
}

function parsedText(bytes: Buffer, range: Range, member: string): string | undefined {
  const value = parsed(bytes, range);
  if (value === null) return undefined;
  if (typeof value !== 'string') throw new AppError('CLUSTER_PROTOCOL', `metadata.${member} of an object is no string`);
  return value;
}

function parsed(bytes: Buffer, range: Range | undefined): unknown {
  if (range === undefined) return null;
  try {
    return JSON.parse(bytes.toString('utf8', range.start, range.end));
  } catch (cause) {
    throw new AppError('CLUSTER_PROTOCOL', 'the metadata of an object is not JSON', { cause });
  }
}
