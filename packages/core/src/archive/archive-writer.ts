import { createHash } from 'node:crypto';
import { workAhead } from '../concurrently.ts';
import { describeEncryption } from '../encryption/encryption.ts';
import type { Encryption } from '../encryption/encryption.ts';
import { InternalError, throwIfCancelled } from '../errors/app-error.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { refKey } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import type { ResourceType, TypeName } from '../object/resource-type.ts';
import { headerPath, indexPath, veleroFormatVersion, versionPath } from './archive-layout.ts';
import { formatTail } from './archive-tail.ts';
import { canonicalJson } from './canonical-json.ts';
import { blockHeading } from './index-block.ts';
import { MemberPress } from './member-press.ts';
import type { Extent } from './member-press.ts';
import { OpenSegments } from './open-segments.ts';
import type { SegmentWriter } from './open-segments.ts';
import type { BlockDraft, Segment } from './segment.ts';
import type { OpenSpool, Spool } from './spool.ts';
import { streamPieces } from './stream-pieces.ts';
import type { FinishedFile, Piece } from './stream-pieces.ts';
import type { ArchiveFile, ArchiveHeader, BackupHeader, IndexBlock, IndexFile } from './summary.ts';
import { paddedBytes, tarEntry, tarPath, writeTarHeader } from './tar-entry.ts';

/** What an archive is written with. */
export interface ArchiveWriterOptions {
  readonly openSpool: OpenSpool;
  /** How objects are encrypted; absent: they lie in clear. The header must say so: see `describeEncryption`. */
  readonly encryption?: Encryption | undefined;
  readonly signal?: AbortSignal | undefined;
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
  /**
   * The archive from its start, as it is decided, in pieces of a mebibyte, each valid until the next is asked for; the end
   * waits for {@link finish}. `types` are all that may turn out to be in it, in the order of backups.
   *
   * Throws an error that `isArchiveChanged` when what it gave is not in the archive any more: then it is to begin anew.
   */
  stream(types: readonly TypeName[]): AsyncIterable<Buffer>;
  /** Lays out the archive of all closed types, once. The header's counts must be those that the segments gave. */
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
  readonly #segments: OpenSegments;
  readonly #encryption: Encryption | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #version: Promise<Buffer>;
  /** All that comes after the members of the objects. */
  readonly #ending = Promise.withResolvers<readonly Piece[]>();
  #sha256: string | undefined;

  constructor(spool: Spool, { encryption, signal }: ArchiveWriterOptions) {
    this.#spool = spool;
    this.#encryption = encryption;
    this.#press = new MemberPress(spool, signal);
    this.#segments = new OpenSegments(this.#press, spool);
    this.#signal = signal;
    this.#version = this.#press.pack(tarEntry(versionPath, Buffer.from(`${veleroFormatVersion}\n`)));
    // It is met by whoever streams or finishes.
    this.#version.catch(() => undefined);
  }

  segment(type: Pick<ResourceType, 'group' | 'plural'>): SegmentWriter {
    const name = typeName(type);
    return this.#segments.begin(name, this.#encryption?.sealerOf(name));
  }

  stream(types: readonly TypeName[]): AsyncIterable<Buffer> {
    return streamPieces(this.#pieces(types), this.#spool, this.#signal, (sha256) => (this.#sha256 = sha256));
  }

  async finish(header: BackupHeader): Promise<FinishedArchive> {
    const segments = this.#segments.complete();
    checkCounts(header, segments);
    checkEncryption(header, segments, this.#encryption);

    const drafts: PlacedBlock[] = [];
    let offset = (await this.#version).length;
    for (const segment of segments) {
      const placed: Extent[] = [];
      for (const { length } of await Promise.all(segment.members)) {
        placed.push({ offset, length });
        offset += length;
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
    const ending: Piece[] = [headerMember, ...index.pieces];

    const padding = Buffer.alloc(paddedBytes(index.contentBytes) - index.contentBytes);
    if (padding.length > 0) ending.push(await this.#press.pack(padding));
    const indexOffset = offset + headerMember.length;
    ending.push(formatTail({ headerOffset: offset, indexOffset }));
    this.#ending.resolve(ending);

    const types = segments.map(({ type }) => type);
    const sizeBytes = ending.reduce((total, { length }) => total + length, offset);
    const name = `${header.name}.tar.gz`;
    return {
      archive: { sizeBytes, stream: () => this.stream(types) },
      index: {
        sizeBytes: index.file.sizeBytes,
        stream: () => streamPieces(index.pieces, this.#spool, this.#signal),
      },
      files: () => {
        if (this.#sha256 === undefined) throw new InternalError(`${name} was not streamed to its end`);
        return { archive: { name, sizeBytes, sha256: this.#sha256, indexOffset }, index: index.file };
      },
    };
  }

  async close(): Promise<void> {
    await this.#version.catch(() => undefined);
    this.#press.close();
    await this.#spool.close();
  }

  async *#pieces(types: readonly TypeName[]): AsyncGenerator<Piece> {
    yield await this.#version;
    yield* this.#segments.members(types);
    yield* await this.#ending.promise;
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
