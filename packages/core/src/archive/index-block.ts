import type { TypeName } from '../object/resource-type.ts';
import { compareRefs } from '../object/ref.ts';
import { isPathSegment, memberContentBytes, objectLimitBytes } from './archive-layout.ts';
import { damaged } from './damaged.ts';
import type { IndexEntry } from './index-entry.ts';
import type { Extent } from './member-press.ts';

/**
 * One line of an index block: what {@link IndexEntry} says, with the member as its place in the block's list.
 *
 * `[namespace or null, name, member, offset, size, stored, content or null, uid, [owner uids]]`
 */
export type IndexLine = readonly [
  namespace: string | null,
  name: string,
  member: number,
  offset: number,
  sizeBytes: number,
  stored: string,
  content: string | null,
  uid: string,
  ownerUids: readonly string[],
];

/** The first line of a block: the type that all of its entries are of, and the members that they lie in. */
export function blockHeading(type: TypeName, members: readonly Extent[]): string {
  return `${JSON.stringify({ type, members: members.map(({ offset, length }) => [offset, length]) })}\n`;
}

/**
 * The entries of a block. Everything is checked that can be without the archive itself: shapes, numbers, order.
 *
 * Throws BACKUP_DAMAGED, in which `where` says which block it is.
 */
export function parseBlock(text: string, archiveBytes: number, where: string): IndexEntry[] {
  const { type, members, lines } = parseLines(text, archiveBytes, where);
  let last: IndexEntry | undefined;
  return lines.map((line, i) => {
    const place = `line ${i + 2} of ${where}`;
    if (!isIndexLine(line)) throw damaged(`${place} is not an entry`);
    const [namespace, name, memberIndex, offset, sizeBytes, stored, content, uid, ownerUids] = line;
    const member = members[memberIndex];
    if (member === undefined) throw damaged(`${place} names a member that the block does not list`);
    if (sizeBytes > objectLimitBytes || offset > memberContentBytes) {
      throw damaged(`${place} claims an object of ${sizeBytes} bytes at ${offset}, more than a member holds`);
    }
    const entry: IndexEntry = {
      type,
      ...(namespace !== null && { namespace }),
      name,
      memberOffset: member.offset,
      memberLength: member.length,
      offset,
      sizeBytes,
      stored,
      content: content ?? undefined,
      uid,
      ownerUids,
    };
    if (last !== undefined && compareRefs(last, entry) >= 0) throw damaged(`${place} is out of order`);
    last = entry;
    return entry;
  });
}

function parseLines(
  text: string,
  archiveBytes: number,
  where: string,
): { type: TypeName; members: readonly Extent[]; lines: readonly unknown[] } {
  let parsed: readonly unknown[];
  try {
    // One call for all lines takes half the time of a call for each.
    parsed = JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as unknown[];
  } catch (cause) {
    throw damaged(`${where} is not JSON`, cause);
  }
  const [heading, ...lines] = parsed;
  if (!isHeading(heading) || lines.length === 0) throw damaged(`${where} does not begin with a type and its members`);
  const members = heading.members.map(([offset, length]) => ({ offset, length }));
  for (const { offset, length } of members) {
    if (offset + length > archiveBytes)
      throw damaged(`${where} names bytes ${offset} to ${offset + length}, past the archive's end`);
  }
  return { type: heading.type, members, lines };
}

function isHeading(value: unknown): value is { type: TypeName; members: readonly (readonly [number, number])[] } {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('members' in value)) return false;
  const { type, members } = value;
  return isName(type) && Array.isArray(members) && members.every(isPair);
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isLength);
}

function isIndexLine(value: unknown): value is IndexLine {
  if (!Array.isArray(value) || value.length < 9) return false;
  const [namespace, name, member, offset, sizeBytes, stored, content, uid, ownerUids] = value as unknown[];
  return (
    (namespace === null || isName(namespace)) &&
    isName(name) &&
    isLength(member) &&
    isLength(offset) &&
    isLength(sizeBytes) &&
    isDigest(stored) &&
    (content === null || isDigest(content)) &&
    typeof uid === 'string' &&
    Array.isArray(ownerUids) &&
    ownerUids.every((owner) => typeof owner === 'string')
  );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && isPathSegment(value);
}

/** A whole number of bytes, small enough that no sum of two is inexact. */
function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 52;
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]{43}$/.test(value);
}
