import type { Sealer } from '../encryption/encryption.ts';
import { InternalError } from '../errors/app-error.ts';
import type { RawObject } from '../object/raw-object.ts';
import { compareUtf8 } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { Extent, MemberPress } from './member-press.ts';
import { Segment } from './segment.ts';
import { sortSegment } from './sort-segment.ts';
import type { Spool } from './spool.ts';

/** What of one type lies in the archive. */
export interface SegmentStats {
  readonly count: number;
  /** The JSON of the objects before compression, in bytes. */
  readonly sizeBytes: number;
  /** Objects by namespace, sorted by name; empty for cluster-scoped types. */
  readonly namespaces: Readonly<Record<string, number>>;
}

/** The objects of one type on their way into the archive. Several types may be written at once. */
export interface SegmentWriter {
  /** Objects added so far. */
  readonly count: number;
  /** Their JSON, in bytes. */
  readonly sizeBytes: number;
  /**
   * Takes one object: its bytes are copied. Objects should come in the order of backups, as lists do (several
   * namespaces in the order of `namespace/`); else the type is packed a second time when it closes. Of two with one
   * name the later stays. Throws CLUSTER_PROTOCOL for a name or a length that no Kubernetes object can have.
   */
  add(object: RawObject): void;
  /** Resolves when more may be added without memory growing. Throws what kept earlier objects from being written. */
  drain(): Promise<void>;
  /** Ends the type; resolves when all of it lies in the spool. */
  close(): Promise<SegmentStats>;
  /** Forgets the type, closed or not: nothing of it will be in the archive, and it may be begun again. */
  discard(): Promise<void>;
}

/** Something that was given out already is not in the archive any more. */
class ArchiveChangedError extends Error {
  readonly code = 'INFRABACKUP_ARCHIVE_CHANGED';
}

/** Whether what was sent of an archive is to be sent anew. */
export function isArchiveChanged(error: unknown): boolean {
  return error instanceof ArchiveChangedError;
}

/** The types of an archive while they are written, and what of it is decided already. */
export class OpenSegments {
  readonly #press: MemberPress;
  readonly #spool: Spool;
  readonly #segments = new Map<TypeName, OpenSegment>();
  #isComplete = false;
  readonly #waiting: (() => void)[] = [];

  constructor(press: MemberPress, spool: Spool) {
    this.#press = press;
    this.#spool = spool;
  }

  begin(type: TypeName, sealer: Sealer | undefined): SegmentWriter {
    if (this.#segments.has(type)) throw new InternalError(`a segment for ${type} exists`);
    const segment = new OpenSegment(type, this.#press, this.#spool, sealer, {
      changed: () => this.#changed(),
      forget: () => this.#segments.delete(type),
    });
    this.#segments.set(type, segment);
    return segment;
  }

  /** Those that hold objects, in the order of the archive. All must be closed, and none be begun or discarded after this. */
  complete(): Segment[] {
    const segments = [...this.#segments.values()].map((segment) => segment.closed());
    this.#isComplete = true;
    this.#changed();
    return segments.filter(({ count }) => count > 0).sort((a, b) => compareUtf8(a.type, b.type));
  }

  /**
   * The members of the types, which stand in the order of the archive, each as soon as it lies in the spool; at the end it
   * waits until all are complete.
   *
   * Throws an error that {@link isArchiveChanged} when a type of which it gave members is discarded, or put in order.
   */
  async *members(types: readonly TypeName[]): AsyncGenerator<Extent> {
    const given: Segment[] = [];
    for (const type of types) {
      for (let next = 0; ;) {
        this.#check(given);
        const open = this.#segments.get(type);
        if (open === undefined ? this.#isComplete : open.isClosed && next === open.segment.members.length) break;
        const member = open?.segment.inOrder === true ? open.segment.landed[next] : undefined;
        if (member === undefined) await this.#change();
        else {
          if (next++ === 0) given.push(open!.segment);
          yield member;
        }
      }
    }
    while (!this.#isComplete) await this.#change();
    this.#check(given);
    const left = [...this.#segments.values()].find(({ segment }) => segment.count > 0 && !given.includes(segment));
    if (left !== undefined) throw new InternalError(`${left.segment.type} was not among the types of the archive`);
  }

  #check(given: readonly Segment[]): void {
    for (const segment of given) {
      if (!segment.inOrder || this.#segments.get(segment.type)?.segment !== segment) {
        throw new ArchiveChangedError(`what was given of ${segment.type} is not in the archive any more`);
      }
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

/** Who is told of what becomes of a segment. */
interface Told {
  readonly changed: () => void;
  readonly forget: () => void;
}

class OpenSegment implements SegmentWriter {
  readonly #press: MemberPress;
  readonly #spool: Spool;
  readonly #told: Told;
  segment: Segment;
  isClosed = false;

  constructor(type: TypeName, press: MemberPress, spool: Spool, sealer: Sealer | undefined, told: Told) {
    this.#press = press;
    this.#spool = spool;
    this.#told = told;
    this.segment = new Segment(type, press, sealer, told.changed);
  }

  get count(): number {
    return this.segment.count;
  }

  get sizeBytes(): number {
    return this.segment.sizeBytes;
  }

  add(object: RawObject): void {
    this.segment.add(object);
  }

  drain(): Promise<void> {
    return this.#press.drain();
  }

  async close(): Promise<SegmentStats> {
    await this.segment.close();
    if (!this.segment.inOrder) {
      this.segment = await sortSegment(this.segment, this.#press, this.#spool, this.#told.changed);
    }
    this.isClosed = true;
    this.#told.changed();
    const { count, sizeBytes, namespaces } = this.segment;
    return { count, sizeBytes, namespaces: Object.fromEntries([...namespaces].sort(([a], [b]) => compareUtf8(a, b))) };
  }

  async discard(): Promise<void> {
    this.#told.forget();
    this.#told.changed();
    // What is under way ends first, so that the spool may be closed afterwards.
    await this.segment.close().catch(() => undefined);
  }

  closed(): Segment {
    if (!this.isClosed) throw new InternalError(`the segment for ${this.segment.type} is still open`);
    return this.segment;
  }
}
