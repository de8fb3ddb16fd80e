import { AppError } from '../errors/app-error.ts';
import type { OwnerReference } from './manifest.ts';
import type { RawObject } from './raw-object.ts';
import { serverOwnedMembers } from './server-owned-members.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** With this bit set a bracket equals the brace of its direction, and no other byte does. */
const braceBit = 0x20;

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

type Level = 'object' | 'metadata';
const none = -1;
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

const serverOwned = watched.map((row) => serverOwnedMembers.includes(row as (typeof serverOwnedMembers)[number]));

interface Candidate {
  readonly key: Buffer;
  readonly id: number;
}

/** For each level, the watched members by the length of their key. */
const byLength: Record<Level, readonly (readonly Candidate[])[]> = {
  object: index('object'),
  metadata: index('metadata'),
};

function index(level: Level): Candidate[][] {
  const rows: Candidate[][] = Array.from({ length: 64 }, () => []);
  for (const [id, { within, member }] of watched.entries()) {
    if (within === level) rows[member.length]!.push({ key: Buffer.from(member), id });
  }
  return rows;
}

/**
 * Finds the end of one JSON object and, in the same pass, what a {@link RawObject} tells of it.
 *
 * It can stop at any byte and go on when more have come. All positions that it keeps are relative to the object's first
 * byte, so the bytes may move between two calls. It follows strings and brackets and trusts the rest: what it makes of
 * bytes that are not JSON is unspecified, but it never reads past them.
 */
export class ObjectScanner {
  /** Open brackets. 1 is inside the object, 2 inside its metadata (or another value). */
  #depth = 0;
  #inString = false;
  #inMetadata = false;
  /** Of the member at hand, on the level at hand: where its key stands, its colon, and the comma before it. */
  #keyStart = none;
  #keyEnd = none;
  #colon = none;
  #comma = none;
  #id = none;
  /** Whether a member before it, on the level at hand, stays in the content. */
  #kept = false;
  /** The object's level while the metadata is scanned. */
  #outer = { keyStart: none, colon: none, comma: none, kept: false };
  #cuts: number[] = [];
  readonly #starts = new Int32Array(watched.length);
  readonly #ends = new Int32Array(watched.length);

  /** Forgets the last object. */
  reset(): void {
    this.#depth = 0;
    this.#inString = false;
    this.#inMetadata = false;
    this.#openLevel();
    this.#cuts = [];
    this.#ends.fill(0);
  }

  /**
   * Goes on at `from` in bytes of which the object's first is at `base`. Returns the offset just past the object, or,
   * when its end has not come yet, where to go on (at most one past `end`).
   */
  scan(bytes: Buffer, base: number, from: number, end: number): number {
    let at = from;
    let depth = this.#depth;
    while (at < end) {
      if (this.#inString) {
        at = stringEnd(bytes, at, end);
        if (at >= end) break;
        this.#inString = false;
        at++;
        if (this.#colon === none && this.#watches(depth)) this.#keyEnd = at - base;
        continue;
      }
      if (!this.#watches(depth)) {
        // A value that nobody asks about: this loop sees most bytes of most objects.
        const floor = this.#inMetadata ? 2 : 1;
        while (at < end) {
          const byte = bytes[at++]!;
          if (byte === quote) {
            at = stringEnd(bytes, at, end);
            if (at >= end) {
              this.#inString = true;
              break;
            }
            at++;
          } else if ((byte | braceBit) === openBrace) {
            depth++;
          } else if ((byte | braceBit) === closeBrace && --depth === floor) {
            break;
          }
        }
        continue;
      }
      const byte = bytes[at++]!;
      if (byte === quote) {
        if (this.#colon === none) this.#keyStart = at - 1 - base;
        this.#inString = true;
      } else if (byte === colon) {
        this.#colon = at - base;
        this.#id = identify(
          bytes,
          base + this.#keyStart,
          base + this.#keyEnd,
          this.#inMetadata ? 'metadata' : 'object',
        );
      } else if (byte === comma) {
        this.#endMember(at - 1 - base, true);
      } else if ((byte | braceBit) === openBrace) {
        depth++;
        if (byte === openBrace && depth === 2 && this.#id === ids.metadata) this.#enterMetadata();
      } else if ((byte | braceBit) === closeBrace) {
        this.#endMember(at - 1 - base, false);
        if (--depth === 0) {
          this.#depth = 0;
          return at;
        }
        this.#leaveMetadata();
      }
    }
    this.#depth = depth;
    return at;
  }

  /** Whether the object's end has been found. */
  get done(): boolean {
    return this.#depth === 0;
  }

  /** Whether the object carries the member of its own accord. */
  has(member: 'apiVersion' | 'kind'): boolean {
    return this.#ends[ids[member]]! > 0;
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
    const cuts = this.#cuts;
    if (inserted > 0) for (let i = 0; i < cuts.length; i++) cuts[i]! += inserted;
    return new ScannedObject(
      bytes,
      name,
      this.#text(bytes, ids.namespace, inserted) || undefined,
      this.#text(bytes, ids.uid, inserted) || undefined,
      cuts,
      this.#range(ids.ownerReferences, inserted),
      this.#range(ids.labels, inserted),
      this.#range(ids.annotations, inserted),
    );
  }

  #watches(depth: number): boolean {
    return depth === 1 || (depth === 2 && this.#inMetadata) || depth === 0;
  }

  #openLevel(): void {
    this.#keyStart = none;
    this.#keyEnd = none;
    this.#colon = none;
    this.#comma = none;
    this.#id = none;
    this.#kept = false;
  }

  #enterMetadata(): void {
    this.#outer = { keyStart: this.#keyStart, colon: this.#colon, comma: this.#comma, kept: this.#kept };
    this.#inMetadata = true;
    this.#openLevel();
  }

  #leaveMetadata(): void {
    this.#inMetadata = false;
    this.#keyStart = this.#outer.keyStart;
    this.#colon = this.#outer.colon;
    this.#comma = this.#outer.comma;
    this.#kept = this.#outer.kept;
    this.#id = ids.metadata;
  }

  /** Notes the member that ends before `at`, where a comma or the level's closing brace stands. */
  #endMember(at: number, atComma: boolean): void {
    const id = this.#id;
    if (id !== none) {
      this.#starts[id] = this.#colon;
      this.#ends[id] = at;
    }
    if (id !== none && serverOwned[id]!) {
      // With a member kept before it, a cut takes the comma before; else the comma after. So what stays is JSON.
      this.#cut(this.#kept ? this.#comma : this.#keyStart, !this.#kept && atComma ? at + 1 : at);
    } else {
      this.#kept ||= this.#colon !== none;
    }
    this.#comma = at;
    this.#keyStart = none;
    this.#colon = none;
    this.#id = none;
  }

  #cut(start: number, end: number): void {
    const cuts = this.#cuts;
    if (cuts.length > 0 && cuts[cuts.length - 1] === start) cuts[cuts.length - 1] = end;
    else cuts.push(start, end);
  }

  #range(id: number, inserted: number): Range | undefined {
    return this.#ends[id] === 0 ? undefined : { start: this.#starts[id]! + inserted, end: this.#ends[id]! + inserted };
  }

  #text(bytes: Buffer, id: number, inserted: number): string | undefined {
    const range = this.#range(id, inserted);
    if (range === undefined) return undefined;
    return plainText(bytes, range) ?? parsedText(bytes, range, watched[id]!.member);
  }
}

/** The object that `bytes` hold, which must be one JSON object and nothing else. Throws CLUSTER_PROTOCOL. */
export function rawObject(bytes: Buffer): RawObject {
  const scanner = new ObjectScanner();
  scanner.reset();
  const start = bytes.indexOf(openBrace);
  const end = start < 0 ? 0 : scanner.scan(bytes, start, start, bytes.length);
  const around =
    end > bytes.length ? '' : bytes.toString('latin1', 0, Math.max(start, 0)) + bytes.toString('latin1', end);
  if (start < 0 || !scanner.done || around.trim() !== '') {
    throw new AppError('CLUSTER_PROTOCOL', 'what should be one JSON object is not');
  }
  return scanner.object(bytes.subarray(start, end), 0);
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

/** Where the string that goes on at `at` ends (on its quote); `end`, or one more after a backslash, when it does not. */
function stringEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}

/** The id of the member whose key stands, with its quotes, from `start` to `end`. */
function identify(bytes: Buffer, start: number, end: number, level: Level): number {
  const length = end - start - 2;
  let escaped = false;
  search: for (const { key, id } of byLength[level][length] ?? []) {
    for (let i = 0; i < length; i++) if (bytes[start + 1 + i] !== key[i]) continue search;
    return id;
  }
  for (let at = start + 1; at < end && !escaped; at++) escaped = bytes[at] === backslash;
  return escaped ? idOf(level, String(parsed(bytes, { start, end }))) : none;
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
