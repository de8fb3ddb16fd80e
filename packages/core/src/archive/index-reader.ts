import { workAhead } from '../concurrently.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { compareRefs, compareUtf8, parseRefKey, refKey } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import { blockLimitBytes } from './archive-layout.ts';
import { readExactly } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import { damaged } from './damaged.ts';
import { unpackMember, unpackMembers } from './gzip-member.ts';
import { parseBlock } from './index-block.ts';
import type { IndexEntry } from './index-entry.ts';
import { scanBlock, type IndexRow } from './index-row.ts';
import { Recent } from './recent.ts';
import type { IndexBlock, IndexFile } from './summary.ts';

/** Which entries of an index are meant; an absent condition holds for all. */
export interface EntryQuery {
  readonly types?: readonly TypeName[] | undefined;
  /** Only objects in these namespaces: no cluster-scoped ones. */
  readonly namespaces?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

/** Blocks whose entries lie ready. */
const keptBlocks = 8;
/** Neighbouring blocks are read together up to this length, where perhaps only the first entries are looked at. */
const readBytes = 1 << 18;
/** The same where all of them are. */
const readAllBytes = 1 << 20;

/** Finds entries by reading only the blocks that can hold them, each held against its digest. */
export class IndexReader {
  readonly #source: ArchiveSource;
  readonly #archiveBytes: number;
  readonly #blocks: readonly IndexBlock[];
  readonly #firsts: readonly ObjectRef[];
  readonly #kept = new Recent<number, Promise<IndexEntry[]>>(keptBlocks);

  /** `source` is the index, `archiveBytes` the length of the archive that it describes. */
  constructor(source: ArchiveSource, { blocks }: IndexFile, archiveBytes: number) {
    this.#source = source;
    this.#archiveBytes = archiveBytes;
    this.#blocks = blocks;
    this.#firsts = blocks.map((block) => parseRefKey(block.first));
  }

  /** The entry of one object; undefined when the backup has none. Reads one block at most. */
  async find(ref: ObjectRef): Promise<IndexEntry | undefined> {
    const i = countUntil(this.#firsts, (first) => compareRefs(first, ref) <= 0) - 1;
    if (i < 0 || this.#firsts[i]!.type !== ref.type) return undefined;
    const entries = await this.#kept.get(i, () => this.readBlock(i));
    const found = entries[countUntil(entries, (entry) => compareRefs(entry, ref) < 0)];
    return found !== undefined && compareRefs(found, ref) === 0 ? found : undefined;
  }

  /** The entries that are meant, in the order of backups. */
  async *entries(query: EntryQuery = {}): AsyncGenerator<IndexEntry> {
    const isMeant = matcher(query);
    const wanted = this.#blocks.keys().filter((i) => this.#mayHold(i, query));
    for (const [from, to] of this.#runs(wanted, readBytes)) {
      for (const entries of await Promise.all(await this.#readBlocks(from, to, (i, text) => this.#parse(i, text)))) {
        for (const entry of entries) if (isMeant(entry)) yield entry;
      }
    }
  }

  /** The rows of these types, or of all, block by block in the order of backups. */
  async *rows(types?: readonly TypeName[]): AsyncGenerator<IndexRow[]> {
    const wanted = this.#blocks.keys().filter((i) => this.#mayHold(i, { types }));
    const scan = (i: number, text: string): IndexRow[] =>
      scanBlock(text, this.#firsts[i]!.type, this.#archiveBytes, this.#nameOf(i));
    // The next blocks are read and unpacked while these are consumed.
    const read = ([from, to]: readonly [number, number]) => this.#readBlocks(from, to, scan);
    for await (const blocks of workAhead(this.#runs(wanted, readAllBytes), 1, read)) yield* blocks;
  }

  /** Neighbouring blocks of at most that length together, as the first and the one past the last. */
  *#runs(wanted: Iterable<number>, mostBytes: number): Generator<readonly [from: number, to: number]> {
    let run: [number, number] | undefined;
    for (const i of wanted) {
      const { offset, length } = this.#blocks[i]!;
      if (run?.[1] === i && offset + length - this.#blocks[run[0]]!.offset <= mostBytes) {
        run[1] = i + 1;
        continue;
      }
      if (run !== undefined) yield run;
      run = [i, i + 1];
    }
    if (run !== undefined) yield run;
  }

  /** The entries of one block. */
  async readBlock(i: number): Promise<IndexEntry[]> {
    return (await this.#readBlocks(i, i + 1, (_, text) => this.#parse(i, text)))[0]!;
  }

  /** Reads and unpacks several neighbouring blocks at once; each is made into something by itself. */
  async #readBlocks<T>(from: number, to: number, make: (i: number, text: string) => T): Promise<Promise<T>[]> {
    const start = this.#blocks[from]!.offset;
    const last = this.#blocks[to - 1]!;
    const bytes = await readExactly(this.#source, start, last.offset + last.length - start);
    const packed = this.#blocks.slice(from, to).map(({ offset, length }) => {
      return bytes.subarray(offset - start, offset - start + length);
    });
    const texts = this.#unpackTogether(from, bytes, packed);
    return packed.map((block, place) => {
      const i = from + place;
      const made = texts.then(async (all) => make(i, all?.[place]?.toString() ?? (await this.#unpack(i, block))));
      made.catch(() => undefined);
      return made;
    });
  }

  /** The contents of neighbouring blocks, if all of them are as they should be. */
  async #unpackTogether(from: number, bytes: Buffer, packed: readonly Buffer[]): Promise<Buffer[] | undefined> {
    const isWhole = packed.every((block, place) => bytesDigest(block) === this.#blocks[from + place]!.sha256);
    return isWhole
      ? unpackMembers(
          bytes,
          packed.map((block) => block.length),
        )
      : undefined;
  }

  /** The entries in the bytes of a block. */
  async unpackBlock(i: number, bytes: Buffer): Promise<IndexEntry[]> {
    return this.#parse(i, await this.#unpack(i, bytes));
  }

  async #unpack(i: number, bytes: Buffer): Promise<string> {
    const where = this.#nameOf(i);
    if (bytesDigest(bytes) !== this.#blocks[i]!.sha256) throw damaged(`${where} is not what the summary's digest says`);
    return (await unpackMember(bytes, blockLimitBytes, where)).toString();
  }

  #nameOf(i: number): string {
    return `block ${i + 1} of ${this.#source.name} (from ${this.#blocks[i]!.first})`;
  }

  #parse(i: number, text: string): IndexEntry[] {
    const where = this.#nameOf(i);
    const entries = parseBlock(text, this.#archiveBytes, where);
    const next = this.#firsts[i + 1];
    if (
      refKey(entries[0]!) !== this.#blocks[i]!.first ||
      (next !== undefined && compareRefs(entries.at(-1)!, next) >= 0)
    ) {
      throw damaged(`${where} holds other entries than the summary says`);
    }
    return entries;
  }

  /** Whether a block can hold an entry that is meant, told by its first entry and the next block's. */
  #mayHold(i: number, { types, namespaces, name }: EntryQuery): boolean {
    const first = this.#firsts[i]!;
    if (types !== undefined && !types.includes(first.type)) return false;
    const next = this.#firsts[i + 1];
    const from = keyInType(first);
    const until = next?.type === first.type ? keyInType(next) : undefined;
    const holds = (low: string, high: string): boolean =>
      compareUtf8(high, from) >= 0 && (until === undefined || compareUtf8(low, until) < 0);
    if (first.namespace === undefined) return namespaces === undefined && (name === undefined || holds(name, name));
    if (namespaces === undefined) return true;
    return namespaces.some((namespace) =>
      // After `/` comes `0`: no key of the namespace lies beyond `namespace0`.
      name === undefined
        ? holds(`${namespace}/`, `${namespace}0`)
        : holds(`${namespace}/${name}`, `${namespace}/${name}`),
    );
  }
}

function matcher({ types, namespaces, name }: EntryQuery): (entry: IndexEntry) => boolean {
  const typeSet = types && new Set(types);
  const namespaceSet = namespaces && new Set(namespaces);
  return (entry) =>
    (typeSet === undefined || typeSet.has(entry.type)) &&
    (namespaceSet === undefined || (entry.namespace !== undefined && namespaceSet.has(entry.namespace))) &&
    (name === undefined || entry.name === name);
}

function keyInType({ namespace, name }: ObjectRef): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** How many items at the front of a sorted list pass. */
function countUntil<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
