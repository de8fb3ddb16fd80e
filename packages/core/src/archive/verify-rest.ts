import { isAppError } from '../errors/app-error.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { unpackHeader } from './archive-ends.ts';
import { headerLimitBytes, veleroFormatVersion, versionPath } from './archive-layout.ts';
import { parseTail, tailBytes } from './archive-tail.ts';
import { canonicalJson } from './canonical-json.ts';
import { damaged } from './damaged.ts';
import type { ForwardReader } from './forward-reader.ts';
import { unpackMember } from './gzip-member.ts';
import type { ArchiveHeader, BackupSummary } from './summary.ts';
import { paddedBytes, tarEntry } from './tar-entry.ts';

/** More than an archive has before its first object, and between its index and its end. */
export const endLimitBytes = 1 << 12;

/** Holds the archive's first member, which ends where the next begins. Throws BACKUP_DAMAGED. */
export async function verifyVersion(packed: Buffer): Promise<void> {
  const expected = tarEntry(versionPath, Buffer.from(`${veleroFormatVersion}\n`));
  const content = await unpackMember(packed, expected.length, "the archive's first member");
  if (!content.equals(expected)) throw damaged(`the archive does not begin with ${versionPath}`);
}

/** What lies behind an archive's last object. */
export interface ArchiveRest {
  /** What the summary, or else the archive itself, says. */
  readonly header: ArchiveHeader;
  readonly archive: ForwardReader;
  readonly archiveBytes: number;
  readonly indexOffset: number;
  /** Where the last object's member ends; 0 when the index names none. */
  readonly at: number;
  readonly onDamage: (message: string) => void;
  /** Told of bytes between what is known. */
  readonly onGap: (from: number, to: number) => void;
}

/** Holds the header, the archive's own copy of the index and the end of the tar against what the summary says. */
export async function verifyRest(rest: ArchiveRest): Promise<void> {
  const { header, archive, archiveBytes, indexOffset, at, onDamage, onGap } = rest;
  const start = Math.max(at, indexOffset - headerLimitBytes);
  if (start > at) onGap(at, start);
  const head = await archive.take(start, Math.max(indexOffset - start, 0));
  let indexContentBytes = 0;
  for (const [i, { offset, length, sha256, first }] of header.index.blocks.entries()) {
    const bytes = await archive.take(indexOffset + offset, length);
    // The last four bytes of a gzip member are the length of its content.
    if (bytes.length === length && length > 4) indexContentBytes += bytes.readUInt32LE(length - 4);
    if (bytes.length === length && bytesDigest(bytes) === sha256) continue;
    onDamage(`block ${i + 1} of the archive's own index (from ${first}) is damaged or cut off`);
  }
  const endOffset = indexOffset + header.index.sizeBytes;
  const end = await archive.take(endOffset, endLimitBytes);
  const paddingBytes = Math.max(archiveBytes - endOffset - tailBytes, 0);
  await reporting(onDamage, async () => {
    const tail = parseTail(end.subarray(paddingBytes), archiveBytes);
    if (tail.indexOffset !== indexOffset) {
      throw damaged("the archive's tail names another place of the index than the summary");
    }
    await reporting(onDamage, () => verifyHeader(rest, head, start, tail.headerOffset, indexContentBytes));
    await verifyPadding(end.subarray(0, paddingBytes), paddedBytes(indexContentBytes) - indexContentBytes);
  });
}

/** Runs the check and reports the damage that it throws. */
export async function reporting(onDamage: (message: string) => void, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!isAppError(error, 'BACKUP_DAMAGED')) throw error;
    onDamage(error.message);
  }
}

async function verifyHeader(
  { header, at, onGap }: ArchiveRest,
  head: Buffer,
  start: number,
  headerOffset: number,
  indexContentBytes: number,
): Promise<void> {
  if (headerOffset < start) throw damaged("the archive's header lies over the objects before it");
  if (at === 0 && start === 0) await verifyVersion(head.subarray(0, headerOffset));
  else if (headerOffset > at) onGap(at, headerOffset);
  const found = await unpackHeader(head.subarray(headerOffset - start), header.name);
  if (canonicalJson(found.header) !== canonicalJson(headerOf(header))) {
    throw damaged('what the archive says about itself is not what the summary says');
  }
  if (found.indexContentBytes !== indexContentBytes) {
    throw damaged("the archive's index has another length than its tar header says");
  }
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
