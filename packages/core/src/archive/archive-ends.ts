import { headerLimitBytes, headerPath, indexPath } from './archive-layout.ts';
import { readExactly } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import { parseTail, tailBytes } from './archive-tail.ts';
import type { ArchiveTail } from './archive-tail.ts';
import { damaged } from './damaged.ts';
import { unpackMember } from './gzip-member.ts';
import { parseHeader } from './parse-summary.ts';
import type { ArchiveHeader } from './summary.ts';
import { isTarHeader, paddedBytes, tarHeaderSize, tarPath } from './tar-entry.ts';

/** What an archive carries about itself. */
export interface ArchiveEnds extends ArchiveTail {
  readonly header: ArchiveHeader;
  /** The length of the index's content, as its tar header says. */
  readonly indexContentBytes: number;
}

/** Reads what an archive carries about itself at its end: two requests. Throws BACKUP_DAMAGED, BACKUP_FORMAT. */
export async function readArchiveEnds(archive: ArchiveSource): Promise<ArchiveEnds> {
  const tailOffset = Math.max(archive.sizeBytes - tailBytes, 0);
  const tail = parseTail(await archive.read(tailOffset, tailBytes), archive.sizeBytes);
  const { headerOffset, indexOffset } = tail;
  if (indexOffset - headerOffset > headerLimitBytes)
    throw damaged(`the header of ${archive.name} is too long to be one`);
  const packed = await readExactly(archive, headerOffset, indexOffset - headerOffset);
  const ends = await unpackHeader(packed, archive.name);
  if (indexOffset + ends.header.index.sizeBytes > tailOffset) {
    throw damaged(`the header of ${archive.name} tells of an index that is longer than the archive`);
  }
  return { ...tail, ...ends };
}

/** Reads the member before the index: the entry of the header, then the tar header of the index. */
export async function unpackHeader(
  packed: Buffer,
  name: string,
): Promise<Pick<ArchiveEnds, 'header' | 'indexContentBytes'>> {
  const content = await unpackMember(packed, headerLimitBytes, `the header of ${name}`);
  const path = tarPath(headerPath);
  const sizeBytes = tarHeaderSize(content, 0);
  const indexAt = path.headerBytes + paddedBytes(sizeBytes);
  const indexContentBytes = tarHeaderSize(content, indexAt);
  const isWhole =
    isTarHeader(content, 0, path, sizeBytes) &&
    isTarHeader(content, indexAt, tarPath(indexPath), indexContentBytes) &&
    content.length === indexAt + tarPath(indexPath).headerBytes;
  if (!isWhole) throw damaged(`${name} does not carry ${headerPath} where it says`);
  const text = content.toString('utf8', path.headerBytes, path.headerBytes + sizeBytes);
  return { header: parseHeader(text), indexContentBytes };
}
