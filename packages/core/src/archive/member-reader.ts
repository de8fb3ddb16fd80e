import { bytesDigest } from '../object/content-digest.ts';
import { formatRef } from '../object/ref.ts';
import { memberContentBytes, memberEntries } from './archive-layout.ts';
import { readExactly } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import { damaged } from './damaged.ts';
import { unpackMember } from './gzip-member.ts';
import type { IndexEntry } from './index-entry.ts';
import { Recent } from './recent.ts';
import { paddedBytes } from './tar-entry.ts';

/** An object of a backup: its entry and its JSON as it was stored, not to be written to. */
export interface StoredObject {
  readonly entry: IndexEntry;
  readonly bytes: Buffer;
}

/** Members that lie unpacked for the next `read`. */
const keptMembers = 4;
/** Members this near one another are read in one request, with what lies between. */
const gapBytes = 1 << 16;
/** What one request of `readMany` reads at most, unless one member is longer. */
const readBytes = 1 << 20;
/** What its members may unpack to. */
const unpackBytes = 4 << 20;
/** What all that is read before its turn may unpack to; one request is made ahead whatever it brings. */
const aheadBytes = 4 << 20;

/** Takes objects out of an archive by their index entries, each held against its stored digest. */
export class MemberReader {
  readonly #archive: ArchiveSource;
  readonly #kept = new Recent<number, Promise<Buffer>>(keptMembers);

  constructor(archive: ArchiveSource) {
    this.#archive = archive;
  }

  /** A copy of the object's JSON. One request, or none when its member was just read. */
  async read(entry: IndexEntry): Promise<Buffer> {
    const { memberOffset, memberLength } = entry;
    const content = await this.#kept.get(memberOffset, async () =>
      unpackMember(
        await readExactly(this.#archive, memberOffset, memberLength),
        contentLimit(entry),
        memberName(entry),
      ),
    );
    return Buffer.from(objectIn(content, entry));
  }

  /**
   * The objects in the order given; neighbours are read together, and the next ones while these are consumed: several
   * requests at a time where each brings little, as for objects that lie far apart.
   */
  async *readMany(entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>): AsyncGenerator<StoredObject> {
    const ahead: { readonly objects: Promise<StoredObject[]>; readonly unpackBytes: number }[] = [];
    let waiting = 0;
    for await (const batch of batches(entries)) {
      const objects = this.#readBatch(batch);
      objects.catch(() => undefined);
      ahead.push({ objects, unpackBytes: batch.unpackBytes });
      waiting += batch.unpackBytes;
      while (ahead.length > 1 && waiting > aheadBytes) {
        const first = ahead.shift()!;
        waiting -= first.unpackBytes;
        yield* await first.objects;
      }
    }
    for (const { objects } of ahead) yield* await objects;
  }

  async #readBatch({ offset, end, members }: Batch): Promise<StoredObject[]> {
    const bytes = await readExactly(this.#archive, offset, end - offset);
    const objects = await Promise.all(
      members.map(async (member) => {
        const { memberOffset, memberLength } = member[0]!;
        const packed = bytes.subarray(memberOffset - offset, memberOffset - offset + memberLength);
        const limit = Math.max(...member.map(contentLimit));
        const content = await unpackMember(packed, limit, memberName(member[0]!));
        return member.map((entry) => ({ entry, bytes: objectIn(content, entry) }));
      }),
    );
    return objects.flat();
  }
}

/** Entries whose members are read together: the entries of each, the members in ascending order. */
interface Batch {
  readonly offset: number;
  end: number;
  unpackBytes: number;
  readonly members: IndexEntry[][];
}

async function* batches(entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>): AsyncGenerator<Batch> {
  let batch: Batch | undefined;
  for await (const entry of entries) {
    const { memberOffset, memberLength } = entry;
    const limit = contentLimit(entry);
    const member = batch?.members.at(-1);
    const isSame = member?.[0]!.memberOffset === memberOffset && member[0].memberLength === memberLength;
    if (isSame && member.length < memberEntries) {
      member.push(entry);
      continue;
    }
    const isNear =
      batch !== undefined &&
      memberOffset >= batch.end &&
      memberOffset - batch.end <= gapBytes &&
      memberOffset + memberLength - batch.offset <= readBytes &&
      batch.unpackBytes + limit <= unpackBytes;
    if (batch !== undefined && !isNear) yield batch;
    if (batch === undefined || !isNear)
      batch = { offset: memberOffset, end: memberOffset, unpackBytes: 0, members: [] };
    batch.end = memberOffset + memberLength;
    batch.unpackBytes += limit;
    batch.members.push([entry]);
  }
  if (batch !== undefined) yield batch;
}

/** What the entry's member can hold: many entries up to a limit, or this one alone. */
export function contentLimit({ offset, sizeBytes }: IndexEntry): number {
  return Math.max(memberContentBytes, offset + paddedBytes(sizeBytes));
}

function memberName(entry: IndexEntry): string {
  return `the member at byte ${entry.memberOffset} of the archive, which holds ${formatRef(entry)},`;
}

function objectIn(content: Buffer, entry: IndexEntry): Buffer {
  const end = entry.offset + entry.sizeBytes;
  if (end > content.length) throw damaged(`${formatRef(entry)} ends past the end of its member`);
  const bytes = content.subarray(entry.offset, end);
  if (bytesDigest(bytes) !== entry.stored)
    throw damaged(`${formatRef(entry)} is not what its digest in the index says`);
  return bytes;
}
