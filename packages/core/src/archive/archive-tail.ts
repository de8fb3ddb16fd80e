import { damaged } from './damaged.ts';
import { gzipTrailer } from './gzip-member.ts';

/** Where the archive's own description lies: found from the archive's end, so that the archive alone can be opened. */
export interface ArchiveTail {
  /** Where the gzip member begins that holds the header's entry and the tar header of the index. */
  readonly headerOffset: number;
  /** Where the first of the index's members begins. */
  readonly indexOffset: number;
}

/** The two zero blocks that end a tar. */
const endOfTar = Buffer.alloc(1024);
/** The same, deflated, spelled out so that the tail has one length whatever library writes it. */
const deflatedEndOfTar = Buffer.from('63601805a360148c540000', 'hex');
/** A gzip header with an extra field of 20 bytes: one subfield `IB` of 16. */
const start = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 20, 0, 0x49, 0x42, 16, 0]);
const end = Buffer.concat([deflatedEndOfTar, gzipTrailer(endOfTar)]);

/** The length of every archive's last gzip member. */
export const tailBytes = start.length + 16 + end.length;

/** The archive's last gzip member: the end of the tar, with the two offsets in its gzip header's extra field. */
export function formatTail({ headerOffset, indexOffset }: ArchiveTail): Buffer {
  const offsets = Buffer.alloc(16);
  offsets.writeBigUInt64LE(BigInt(headerOffset), 0);
  offsets.writeBigUInt64LE(BigInt(indexOffset), 8);
  return Buffer.concat([start, offsets, end]);
}

/** Reads the last {@link tailBytes} of an archive of `archiveBytes`. Throws BACKUP_DAMAGED. */
export function parseTail(bytes: Buffer, archiveBytes: number): ArchiveTail {
  const isTail =
    bytes.length === tailBytes &&
    bytes.subarray(0, start.length).equals(start) &&
    bytes.subarray(start.length + 16).equals(end);
  if (!isTail)
    throw damaged('the archive does not end as an archive of infrabackup does: it is cut off, or of another tool');
  const headerOffset = Number(bytes.readBigUInt64LE(start.length));
  const indexOffset = Number(bytes.readBigUInt64LE(start.length + 8));
  if (headerOffset >= indexOffset || indexOffset > archiveBytes - tailBytes) {
    throw damaged(
      `the archive's tail names offsets that are not in it: ${headerOffset}, ${indexOffset} of ${archiveBytes}`,
    );
  }
  return { headerOffset, indexOffset };
}
