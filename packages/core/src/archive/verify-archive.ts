import { isAppError, throwIfCancelled } from '../errors/app-error.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import type { TypeName } from '../object/resource-type.ts';
import { contentTableVersion } from '../object/server-owned-members.ts';
import { unpackHeader } from './archive-ends.ts';
import { headerLimitBytes, veleroFormatVersion, versionPath } from './archive-layout.ts';
import type { ArchiveSource } from './archive-source.ts';
import { parseTail, tailBytes } from './archive-tail.ts';
import { canonicalJson } from './canonical-json.ts';
import { damaged } from './damaged.ts';
import { refLimit } from './finding.ts';
import type { Findings } from './finding.ts';
import { ForwardReader } from './forward-reader.ts';
import { unpackMember } from './gzip-member.ts';
import type { IndexEntry } from './index-entry.ts';
import { IndexReader } from './index-reader.ts';
import { contentLimit } from './member-reader.ts';
import type { ArchiveHeader, BackupSummary, IndexBlock } from './summary.ts';
import { paddedBytes, tarEntry } from './tar-entry.ts';
import { verifyMember } from './verify-member.ts';

/** An archive and its index, to be read once from the front. */
export interface ArchiveParts {
  /** What the summary, or else the archive itself, says. */
  readonly header: ArchiveHeader;
  readonly archive: AsyncIterable<Uint8Array>;
  readonly archiveBytes: number;
  readonly indexOffset: number;
  readonly index: AsyncIterable<Uint8Array>;
  /** Another copy of the index, for blocks that are damaged; undefined where there is none. */
  readonly spareIndex: ArchiveSource | undefined;
}

/** How an archive is verified. */
export interface VerifyArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how far it is. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** How far a verification is. */
export interface VerifyProgress {
  readonly objects: number;
  readonly archiveBytes: number;
  readonly totalBytes: number;
}

/** The two files as they were read, and how many objects were held against the index. */
export interface VerifiedArchive {
  readonly archive: { readonly sizeBytes: number; readonly sha256: string };
  readonly index: { readonly sizeBytes: number; readonly sha256: string };
  readonly objects: number;
}

/** Holds an archive against its index, byte by byte from the front, and the index against the counts of the header. */
export async function verifyArchive(
  parts: ArchiveParts,
  findings: Findings,
  options: VerifyArchiveOptions,
): Promise<VerifiedArchive> {
  const walk = new ArchiveWalk(parts, findings, options);
  await walk.members();
  await walk.rest();
  walk.counts();
  return walk.end();
}

/** What the index says of one member. */
interface IndexedMember {
  readonly offset: number;
  readonly length: number;
  readonly entries: IndexEntry[];
  /** Whether a block before it, which may name objects of it, could not be read; and the same after it. */
  readonly followsLoss: boolean;
  precedesLoss: boolean;
}

interface Count {
  count: number;
  sizeBytes: number;
  readonly namespaces: Record<string, number>;
}

/** Members that are unpacked while others are looked at. */
const membersAhead = 4;
/** More than the archive's end can have between its index and its tail, which is less than a block of padding. */
const endLimitBytes = 1 << 12;

class ArchiveWalk {
  readonly #parts: ArchiveParts;
  readonly #findings: Findings;
  readonly #options: VerifyArchiveOptions;
  readonly #archive: ForwardReader;
  readonly #index: ForwardReader;
  readonly #indexReader: IndexReader;
  readonly #spare: IndexReader | undefined;
  /** Up to where the archive's bytes are accounted for. */
  #at = 0;
  #objects = 0;
  /** Whether a block of the index could not be read from any copy. */
  #lostBlocks = false;
  readonly #counts = new Map<TypeName, Count>();
  #missing = 0;
  readonly #missingRefs: ObjectRef[] = [];

  constructor(parts: ArchiveParts, findings: Findings, options: VerifyArchiveOptions) {
    const { header, archiveBytes, spareIndex } = parts;
    const name = `the index of ${header.name}`;
    // Blocks are unpacked from bytes that were read forward: this source is never asked.
    const unread: ArchiveSource = {
      name,
      sizeBytes: 0,
      read: () => Promise.reject(damaged(`${name} is read forward`)),
    };
    this.#parts = parts;
    this.#findings = findings;
    this.#options = options;
    this.#archive = new ForwardReader(parts.archive);
    this.#index = new ForwardReader(parts.index);
    this.#indexReader = new IndexReader(unread, header.index, archiveBytes);
    this.#spare = spareIndex && new IndexReader(spareIndex, header.index, archiveBytes);
  }

  /** Every member that the index names. */
  async members(): Promise<void> {
    const pending: Promise<void>[] = [];
    for await (const member of this.#indexedMembers()) {
      throwIfCancelled(this.#options.signal);
      const packed = await this.#takeMember(member);
      if (packed === undefined) continue;
      const verified = this.#verifyMember(member, packed);
      verified.catch(() => undefined);
      pending.push(verified);
      if (pending.length === membersAhead) await pending.shift();
    }
    await Promise.all(pending);
    if (this.#missing > 0) {
      const first = formatRef(this.#missingRefs[0]!);
      const message = `the archive is cut off: ${this.#missing} objects from ${first} on are not in it`;
      this.#findings.add('archive', message, this.#missingRefs);
    }
  }

  /** What lies behind the last member: the header, the archive's own copy of the index, the end of the tar. */
  async rest(): Promise<void> {
    const { header, indexOffset, archiveBytes } = this.#parts;
    const start = Math.max(this.#at, indexOffset - headerLimitBytes);
    if (start > this.#at) this.#unaccounted(this.#at, start);
    const head = await this.#archive.take(start, Math.max(indexOffset - start, 0));
    let indexContentBytes = 0;
    for (const [i, { offset, length, sha256, first }] of header.index.blocks.entries()) {
      const bytes = await this.#archive.take(indexOffset + offset, length);
      if (bytes.length === length) indexContentBytes += bytes.readUInt32LE(length - 4);
      if (bytes.length === length && bytesDigest(bytes) === sha256) continue;
      this.#findings.add('archive', `block ${i + 1} of the archive's own index (from ${first}) is damaged or cut off`);
    }
    const endOffset = indexOffset + header.index.sizeBytes;
    const end = await this.#archive.take(endOffset, endLimitBytes);
    await this.#collect(async () => {
      const tail = parseTail(end.subarray(Math.max(archiveBytes - endOffset - tailBytes, 0)), archiveBytes);
      if (tail.indexOffset !== indexOffset)
        throw damaged("the archive's tail names another place of the index than the summary");
      await this.#collect(() => this.#verifyHeader(head, start, tail.headerOffset, indexContentBytes));
      const padding = end.subarray(0, archiveBytes - endOffset - tailBytes);
      await verifyPadding(padding, paddedBytes(indexContentBytes) - indexContentBytes);
    });
  }

  /** The counts of the header, against those of the index. */
  counts(): void {
    if (this.#lostBlocks) return;
    const left = new Map(this.#counts);
    for (const type of this.#parts.header.types) {
      const name = typeName(type);
      const { count, sizeBytes, namespaces } = left.get(name) ?? { count: 0, sizeBytes: 0, namespaces: {} };
      left.delete(name);
      const isRight =
        count === type.count &&
        sizeBytes === type.sizeBytes &&
        canonicalJson(namespaces) === canonicalJson(type.namespaces);
      if (!isRight) {
        const message = `the summary counts ${type.count} ${name} of ${type.sizeBytes} bytes, the index ${count} of ${sizeBytes}`;
        this.#findings.add(
          'count',
          count === type.count && sizeBytes === type.sizeBytes ? `${message}, in other namespaces` : message,
        );
      }
    }
    for (const name of left.keys()) this.#findings.add('count', `the index has ${name}, the summary does not`);
  }

  async end(): Promise<VerifiedArchive> {
    return { archive: await this.#archive.end(), index: await this.#index.end(), objects: this.#objects };
  }

  async *#indexedMembers(): AsyncGenerator<IndexedMember> {
    let member: IndexedMember | undefined;
    let followsLoss = false;
    for (const [i, block] of this.#parts.header.index.blocks.entries()) {
      const entries = await this.#block(i, block);
      if (entries === undefined) {
        followsLoss = true;
        this.#lostBlocks = true;
        if (member !== undefined) member.precedesLoss = true;
        continue;
      }
      for (const entry of entries) {
        this.#count(entry);
        const { memberOffset, memberLength } = entry;
        if (member?.offset === memberOffset && member.length === memberLength && !followsLoss) {
          member.entries.push(entry);
          continue;
        }
        if (member !== undefined) yield member;
        member = { offset: memberOffset, length: memberLength, entries: [entry], followsLoss, precedesLoss: false };
        followsLoss = false;
      }
    }
    if (member !== undefined) yield member;
  }

  /** The entries of a block, from the index or else from its other copy; undefined when neither can be read. */
  async #block(i: number, { offset, length }: IndexBlock): Promise<IndexEntry[] | undefined> {
    const bytes = await this.#index.take(offset, length);
    try {
      return await this.#indexReader.unpackBlock(i, bytes);
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
      this.#findings.add('index', error.message);
    }
    try {
      return await this.#spare?.readBlock(i);
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED', 'STORE_NOT_FOUND')) throw error;
      return undefined;
    }
  }

  #count({ type, namespace, sizeBytes }: IndexEntry): void {
    let count = this.#counts.get(type);
    if (count === undefined) this.#counts.set(type, (count = { count: 0, sizeBytes: 0, namespaces: {} }));
    count.count++;
    count.sizeBytes += sizeBytes;
    if (namespace !== undefined) count.namespaces[namespace] = (count.namespaces[namespace] ?? 0) + 1;
  }

  /** The member's bytes, when they are there and no others of the index lie over them. */
  async #takeMember(member: IndexedMember): Promise<Buffer | undefined> {
    const { offset, length, entries } = member;
    const say = (message: string): void => {
      this.#findings.add('index', `the index names a member at byte ${offset} that ${message}`, entries);
    };
    if (offset < this.#at) {
      // A member that a lost block parts in two comes twice.
      if (!member.followsLoss) say('lies over the one before it');
      return undefined;
    }
    if (length > Math.max(...entries.map(contentLimit)) + endLimitBytes) {
      say(`has ${length} bytes, more than its content can take`);
      return undefined;
    }
    if (this.#at === 0 && !member.followsLoss) await this.#verifyVersion(offset);
    else if (offset > this.#at && !member.followsLoss) this.#unaccounted(this.#at, offset);
    this.#at = offset + length;
    const packed = await this.#archive.take(offset, length);
    if (packed.length === length) return packed;
    this.#missing += entries.length;
    if (this.#missingRefs.length < refLimit) this.#missingRefs.push(...entries);
    return undefined;
  }

  async #verifyMember({ offset, entries, followsLoss, precedesLoss }: IndexedMember, packed: Buffer): Promise<void> {
    const limit = Math.max(...entries.map(contentLimit));
    const where = `the member at byte ${offset} of the archive, with ${entries.length} objects from ${formatRef(entries[0]!)} on,`;
    let content: Buffer;
    try {
      content = await unpackMember(packed, limit, where);
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
      this.#findings.add('object', error.message, entries);
      return;
    }
    const checksContent = this.#parts.header.contentTable === contentTableVersion;
    const isWhole = !followsLoss && !precedesLoss;
    for (const { ref, message } of verifyMember(content, { entries, isWhole, checksContent })) {
      this.#findings.add(
        'object',
        ref === undefined ? `${where} ${message}` : message,
        ref === undefined ? entries : [ref],
      );
    }
    this.#objects += entries.length;
    this.#options.onProgress?.({
      objects: this.#objects,
      archiveBytes: offset + packed.length,
      totalBytes: this.#parts.archiveBytes,
    });
  }

  #unaccounted(from: number, to: number): void {
    if (!this.#lostBlocks)
      this.#findings.add('archive', `bytes ${from} to ${to} of the archive belong to nothing that it names`);
  }

  /** The archive's first member, which ends where the next begins. */
  async #verifyVersion(end: number): Promise<void> {
    await this.#collect(async () => {
      await checkVersion(await this.#archive.take(0, Math.min(end, endLimitBytes)));
    });
  }

  async #verifyHeader(head: Buffer, start: number, headerOffset: number, indexContentBytes: number): Promise<void> {
    if (this.#at === 0 && start === 0) await checkVersion(head.subarray(0, headerOffset));
    else if (headerOffset > this.#at) this.#unaccounted(this.#at, headerOffset);
    if (headerOffset < start) throw damaged("the archive's header lies over the objects before it");
    const found = await unpackHeader(head.subarray(headerOffset - start), this.#parts.header.name);
    if (canonicalJson(found.header) !== canonicalJson(headerOf(this.#parts.header))) {
      throw damaged('what the archive says about itself is not what the summary says');
    }
    if (found.indexContentBytes !== indexContentBytes)
      throw damaged("the archive's index has another length than its tar header says");
  }

  async #collect(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
      this.#findings.add('archive', error.message);
    }
  }
}

async function checkVersion(packed: Buffer): Promise<void> {
  const expected = tarEntry(versionPath, Buffer.from(`${veleroFormatVersion}\n`));
  const content = await unpackMember(packed, expected.length, "the archive's first member");
  if (!content.equals(expected)) throw damaged(`the archive does not begin with ${versionPath}`);
}

async function verifyPadding(packed: Buffer, expectedBytes: number): Promise<void> {
  const padding =
    packed.length === 0 ? packed : await unpackMember(packed, expectedBytes, "the padding behind the archive's index");
  if (padding.length !== expectedBytes || padding.some((byte) => byte !== 0)) {
    throw damaged("the archive's index is not padded as tar wants it");
  }
}

/** The part of a summary that the archive carries, too. */
function headerOf(header: ArchiveHeader): object {
  const own: readonly (keyof BackupSummary)[] = ['completedAt', 'archive', 'velero', 'digest'];
  return Object.fromEntries(Object.entries(header).filter(([key]) => !own.includes(key as keyof BackupSummary)));
}
