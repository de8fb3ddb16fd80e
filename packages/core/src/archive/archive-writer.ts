import { createHash } from 'node:crypto';
import { workAhead } from '../concurrently.ts';
import { describeEncryption } from '../encryption/encryption.ts';
import type { Encryption, Sealer } from '../encryption/encryption.ts';
import { InternalError, throwIfCancelled } from '../errors/app-error.ts';
import { bytesDigest } from '../object/content-digest.ts';
import type { RawObject } from '../object/raw-object.ts';
import { compareUtf8, refKey } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import type { ResourceType, TypeName } from '../object/resource-type.ts';
import { headerPath, indexPath, veleroFormatVersion, versionPath } from './archive-layout.ts';
import { formatTail } from './archive-tail.ts';
import { canonicalJson } from './canonical-json.ts';
import { blockHeading } from './index-block.ts';
import { MemberPress } from './member-press.ts';
import type { Extent } from './member-press.ts';
import { Segment } from './segment.ts';
import type { BlockDraft } from './segment.ts';
import { sortSegment } from './sort-segment.ts';
import type { OpenSpool, Spool } from './spool.ts';
import { SpooledFile } from './spooled-file.ts';
import type { FinishedFile, Piece } from './spooled-file.ts';
import type { ArchiveFile, ArchiveHeader, BackupHeader, IndexBlock, IndexFile } from './summary.ts';
import { paddedBytes, tarEntry, tarPath, writeTarHeader } from './tar-entry.ts';

/** What an archive is written with. */
export interface ArchiveWriterOptions {
  readonly openSpool: OpenSpool;
  /** gzip's level; 1 when absent, which costs a quarter of 6 and 15% of its ratio. */
  readonly level?: number | undefined;
  /** How objects are encrypted; absent: they lie in clear. The header must say so: see `describeEncryption`. */
  readonly encryption?: Encryption | undefined;
  readonly signal?: AbortSignal | undefined;
}

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

/** An archive whose every byte is decided. */
export interface FinishedArchive {
  readonly archive: FinishedFile;
  readonly index: FinishedFile;
  /** What the summary says of the two files; known once the archive was streamed to its end. */
  files(): { readonly archive: ArchiveFile; readonly index: IndexFile };
}

/** Writes one archive. Not for use by two backups at once. */
export interface ArchiveWriter {
  /** Begins a type; refused while another segment of the type is neither closed nor discarded, or is in the archive. */
  segment(type: Pick<ResourceType, 'group' | 'plural'>): SegmentWriter;
  /** Lays out the archive of all closed types. The header's counts must be those that the segments gave. */
  finish(header: BackupHeader): Promise<FinishedArchive>;
  /** Frees the spool, and with it what {@link finish} gave. */
  close(): Promise<void>;
}

/** Index blocks that are read and compressed before their turn. */
const blocksAhead = 7;

/** Opens a writer with a spool of its own, to be closed in the end. Throws STORE_FULL and STORE_UNAVAILABLE. */
export async function createArchiveWriter(options: ArchiveWriterOptions): Promise<ArchiveWriter> {
  return new SpoolingWriter(await options.openSpool(), options);
}

class SpoolingWriter implements ArchiveWriter {
  readonly #spool: Spool;
  readonly #press: MemberPress;
  readonly #encryption: Encryption | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #segments = new Map<TypeName, OpenSegment>();

  constructor(spool: Spool, { level = 1, encryption, signal }: ArchiveWriterOptions) {
    this.#spool = spool;
    this.#encryption = encryption;
    this.#press = new MemberPress(spool, level, signal);
    this.#signal = signal;
  }

  segment(type: Pick<ResourceType, 'group' | 'plural'>): SegmentWriter {
    const name = typeName(type);
    if (this.#segments.has(name)) throw new InternalError(`a segment for ${name} exists`);
    const segment = new OpenSegment(name, this.#press, this.#spool, this.#encryption?.sealerOf(name), () => {
      this.#segments.delete(name);
    });
    this.#segments.set(name, segment);
    return segment;
  }

  async finish(header: BackupHeader): Promise<FinishedArchive> {
    const segments = [...this.#segments.values()]
      .map((segment) => segment.closed())
      .filter((segment) => segment.count > 0)
      .sort((a, b) => compareUtf8(a.type, b.type));
    checkCounts(header, segments);
    checkEncryption(header, segments, this.#encryption);

    const version = await this.#press.pack(tarEntry(versionPath, Buffer.from(`${veleroFormatVersion}\n`)));
    const pieces: Piece[] = [version];
    const drafts: PlacedBlock[] = [];
    let offset = version.length;
    for (const segment of segments) {
      const placed: Extent[] = [];
      for (const member of await Promise.all(segment.members)) {
        pieces.push(member);
        placed.push({ offset, length: member.length });
        offset += member.length;
      }
      for (const draft of segment.blocks) {
        drafts.push({ ...draft, members: placed.slice(draft.firstMember, draft.lastMember + 1) });
      }
    }
    const index = await this.#writeIndex(`${header.name}-index.jsonl.gz`, drafts);

    const archiveHeader: ArchiveHeader = { ...header, index: index.file };
    const indexHeader = tarPath(indexPath);
    const indexStart = Buffer.alloc(indexHeader.headerBytes);
    writeTarHeader(indexStart, 0, indexHeader, index.contentBytes);
    const headerEntry = tarEntry(headerPath, Buffer.from(`${JSON.stringify(archiveHeader)}\n`));
    const headerMember = await this.#press.pack(Buffer.concat([headerEntry, indexStart]));
    pieces.push(headerMember, ...index.pieces);

    const padding = Buffer.alloc(paddedBytes(index.contentBytes) - index.contentBytes);
    if (padding.length > 0) pieces.push(await this.#press.pack(padding));
    const indexOffset = offset + headerMember.length;
    pieces.push(formatTail({ headerOffset: offset, indexOffset }));

    const archive = new SpooledFile(`${header.name}.tar.gz`, pieces, this.#spool, this.#signal);
    return {
      archive,
      index: new SpooledFile(index.file.name, index.pieces, this.#spool, this.#signal),
      files: () => ({ archive: { ...archive.file(), indexOffset }, index: index.file }),
    };
  }

  close(): Promise<void> {
    this.#press.close();
    return this.#spool.close();
  }

  /** Packs the index blocks, each a member, into the spool. */
  async #writeIndex(name: string, drafts: readonly PlacedBlock[]): Promise<WrittenIndex> {
    const pieces: Promise<Extent>[] = [];
    const blocks: IndexBlock[] = [];
    const sum = createHash('sha256');
    let sizeBytes = 0;
    let contentBytes = 0;
    for await (const { first, bytes, length } of workAhead(drafts, blocksAhead, (draft) => this.#packBlock(draft))) {
      throwIfCancelled(this.#signal);
      const spooled = this.#press.spoolBytes(bytes);
      // A failure is met by the next drain, or at the end.
      spooled.catch(() => undefined);
      pieces.push(spooled);
      sum.update(bytes);
      blocks.push({ offset: sizeBytes, length: bytes.length, first: refKey(first), sha256: bytesDigest(bytes) });
      sizeBytes += bytes.length;
      contentBytes += length;
      await this.#press.drain();
    }
    const file = { name, sizeBytes, sha256: sum.digest('hex'), blocks };
    return { file, pieces: await Promise.all(pieces), contentBytes };
  }

  async #packBlock(draft: PlacedBlock): Promise<{ first: ObjectRef; bytes: Buffer; length: number }> {
    const { offset, length } = await draft.lines;
    const lines = await this.#spool.read(offset, length);
    const content = Buffer.concat([Buffer.from(blockHeading(draft.first.type, draft.members)), lines]);
    return { first: draft.first, bytes: await this.#press.pack(content), length: content.length };
  }
}

interface PlacedBlock extends BlockDraft {
  /** Where the members of its entries lie in the archive. */
  readonly members: readonly Extent[];
}

interface WrittenIndex {
  readonly file: IndexFile;
  readonly pieces: readonly Extent[];
  readonly contentBytes: number;
}

function checkCounts(header: BackupHeader, segments: readonly Segment[]): void {
  const counted = header.types.filter((type) => type.count > 0).map((type) => `${typeName(type)} ${type.count}`);
  const written = segments.map((segment) => `${segment.type} ${segment.count}`);
  if (counted.join() !== written.join())
    throw new InternalError(`the header counts ${counted.join()}, not ${written.join()}`);
}

/** A backup that says of an encrypted type that it lies in clear could not be read any more. */
function checkEncryption(header: BackupHeader, segments: readonly Segment[], encryption: Encryption | undefined): void {
  const described = describeEncryption(
    encryption,
    segments.map(({ type, count }) => ({ name: type, count })),
  );
  if (canonicalJson(header.encryption) !== canonicalJson(described))
    throw new InternalError('the header describes another encryption than that of the archive');
}

class OpenSegment implements SegmentWriter {
  readonly #press: MemberPress;
  readonly #spool: Spool;
  readonly #forget: () => void;
  #segment: Segment;
  #isClosed = false;

  constructor(type: TypeName, press: MemberPress, spool: Spool, sealer: Sealer | undefined, forget: () => void) {
    this.#press = press;
    this.#spool = spool;
    this.#forget = forget;
    this.#segment = new Segment(type, press, sealer);
  }

  get count(): number {
    return this.#segment.count;
  }

  get sizeBytes(): number {
    return this.#segment.sizeBytes;
  }

  add(object: RawObject): void {
    this.#segment.add(object);
  }

  drain(): Promise<void> {
    return this.#press.drain();
  }

  async close(): Promise<SegmentStats> {
    await this.#segment.close();
    if (!this.#segment.inOrder) this.#segment = await sortSegment(this.#segment, this.#press, this.#spool);
    this.#isClosed = true;
    const { count, sizeBytes, namespaces } = this.#segment;
    return { count, sizeBytes, namespaces: Object.fromEntries([...namespaces].sort(([a], [b]) => compareUtf8(a, b))) };
  }

  async discard(): Promise<void> {
    this.#forget();
    // What is under way ends first, so that the spool may be closed afterwards.
    await this.#segment.close().catch(() => undefined);
  }

  closed(): Segment {
    if (!this.#isClosed) throw new InternalError(`the segment for ${this.#segment.type} is still open`);
    return this.#segment;
  }
}
