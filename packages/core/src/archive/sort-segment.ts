import { compareUtf8 } from '../object/ref.ts';
import { memberContentBytes, objectLimitBytes } from './archive-layout.ts';
import { unpackMember } from './gzip-member.ts';
import type { IndexLine } from './index-block.ts';
import type { MemberPress } from './member-press.ts';
import { Segment } from './segment.ts';
import type { Spool } from './spool.ts';

/** Members that lie unpacked while objects are taken from them in an order of its own. */
const unpackedMembers = 8;

/**
 * The same objects in the order of backups; of several with one name the one that came last.
 *
 * For types whose objects came in another order, as some aggregated APIs give them. It holds the segment's index lines
 * in memory and reads its members from the spool again, which such types are small enough for.
 */
export async function sortSegment(
  segment: Segment,
  press: MemberPress,
  spool: Spool,
  onLanded: () => void,
): Promise<Segment> {
  const objects = new Map<string, { readonly line: IndexLine; readonly member: number }>();
  for (const block of segment.blocks) {
    const { offset, length } = await block.lines;
    for (const text of (await spool.read(offset, length)).toString().trimEnd().split('\n')) {
      const line = JSON.parse(text) as IndexLine;
      const [namespace, name, memberOfBlock] = line;
      const key = namespace === null ? name : `${namespace}/${name}`;
      objects.set(key, { line, member: block.firstMember + memberOfBlock });
    }
  }

  const unpacked = new Map<number, Buffer>();
  const contentOf = async (member: number): Promise<Buffer> => {
    let content = unpacked.get(member);
    if (content === undefined) {
      const { offset, length } = await segment.members[member]!;
      const packed = await spool.read(offset, length);
      content = await unpackMember(packed, memberContentBytes + objectLimitBytes, `the spool of ${segment.type}`);
      if (unpacked.size === unpackedMembers) unpacked.delete(unpacked.keys().next().value!);
      unpacked.set(member, content);
    }
    return content;
  };

  const sorted = new Segment(segment.type, press, segment.sealer, onLanded);
  for (const [, { line, member }] of [...objects].sort(([a], [b]) => compareUtf8(a, b))) {
    const [namespace, name, , offset, sizeBytes, , content, uid, ownerUids] = line;
    const bytes = (await contentOf(member)).subarray(offset, offset + sizeBytes);
    sorted.addStored({ type: segment.type, namespace: namespace ?? undefined, name }, bytes, content, uid, ownerUids);
    await press.drain();
  }
  await sorted.close();
  return sorted;
}
