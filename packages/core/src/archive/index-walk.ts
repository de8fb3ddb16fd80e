import { isAppError } from '../errors/app-error.ts';
import { typeName } from '../object/resource-type.ts';
import type { TypeName } from '../object/resource-type.ts';
import { memberEntries } from './archive-layout.ts';
import type { ArchiveSource } from './archive-source.ts';
import { canonicalJson } from './canonical-json.ts';
import { damaged } from './damaged.ts';
import type { Findings } from './finding.ts';
import type { ForwardReader } from './forward-reader.ts';
import type { IndexEntry } from './index-entry.ts';
import { IndexReader } from './index-reader.ts';
import type { ArchiveHeader, IndexBlock } from './summary.ts';

/** What the index says of one member. */
export interface IndexedMember {
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

/** Goes once through an index, block by block, and counts what it names. */
export class IndexWalk {
  readonly #header: ArchiveHeader;
  readonly #index: ForwardReader;
  readonly #findings: Findings;
  readonly #reader: IndexReader;
  readonly #spare: IndexReader | undefined;
  readonly #counts = new Map<TypeName, Count>();
  /** Whether a block could not be read from any copy. */
  lostBlocks = false;

  constructor(
    header: ArchiveHeader,
    archiveBytes: number,
    index: ForwardReader,
    spareIndex: ArchiveSource | undefined,
    findings: Findings,
  ) {
    const name = `the index of ${header.name}`;
    // Blocks are unpacked from bytes that were read forward: this source is never asked.
    const unread: ArchiveSource = {
      name,
      sizeBytes: 0,
      read: () => Promise.reject(damaged(`${name} is read forward`)),
    };
    this.#header = header;
    this.#index = index;
    this.#findings = findings;
    this.#reader = new IndexReader(unread, header.index, archiveBytes);
    this.#spare = spareIndex && new IndexReader(spareIndex, header.index, archiveBytes);
  }

  /** Every member that it names, with its entries. */
  async *members(): AsyncGenerator<IndexedMember> {
    let member: IndexedMember | undefined;
    let followsLoss = false;
    for (const [i, block] of this.#header.index.blocks.entries()) {
      const entries = await this.#block(i, block);
      if (entries === undefined) {
        followsLoss = true;
        this.lostBlocks = true;
        if (member !== undefined) member.precedesLoss = true;
        continue;
      }
      for (const entry of entries) {
        this.#count(entry);
        const { memberOffset, memberLength } = entry;
        const isSame = member?.offset === memberOffset && member.length === memberLength && !followsLoss;
        if (isSame && member!.entries.length < memberEntries) {
          member!.entries.push(entry);
          continue;
        }
        if (member !== undefined) yield member;
        member = { offset: memberOffset, length: memberLength, entries: [entry], followsLoss, precedesLoss: false };
        followsLoss = false;
      }
    }
    if (member !== undefined) yield member;
  }

  /** The counts of the header, against those of the index. */
  verifyCounts(): void {
    if (this.lostBlocks) return;
    const left = new Map(this.#counts);
    for (const type of this.#header.types) {
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

  /** The entries of a block, from the index or else from its other copy; undefined when neither can be read. */
  async #block(i: number, { offset, length }: IndexBlock): Promise<IndexEntry[] | undefined> {
    const bytes = await this.#index.take(offset, length);
    try {
      return await this.#reader.unpackBlock(i, bytes);
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
}
