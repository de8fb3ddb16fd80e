import { createHash, hash } from 'node:crypto';
import type { RawObject } from './raw-object.ts';

/** Content up to this length is put together and hashed at once, which is twice as fast for the small ones. */
const scratch = Buffer.allocUnsafeSlow(1 << 16);

/**
 * The digest of what a person would call the object: sha256, base64url without padding, of its bytes without the
 * members of `serverOwnedMembers`. Equal digests mean equal content; another order of keys gives another digest.
 */
export function contentDigest(object: Pick<RawObject, 'bytes' | 'contentCuts'>): string {
  const { bytes, contentCuts: cuts } = object;
  if (bytes.length > scratch.length) {
    const sum = createHash('sha256');
    let from = 0;
    for (let i = 0; i < cuts.length; i += 2) {
      sum.update(bytes.subarray(from, cuts[i]));
      from = cuts[i + 1]!;
    }
    return sum.update(bytes.subarray(from)).digest('base64url');
  }
  let length = 0;
  let from = 0;
  for (let i = 0; i < cuts.length; i += 2) {
    length += bytes.copy(scratch, length, from, cuts[i]);
    from = cuts[i + 1]!;
  }
  length += bytes.copy(scratch, length, from);
  return hash('sha256', scratch.subarray(0, length), 'base64url');
}

/** What {@link contentDigest} is of, for another digest: the object's bytes without the members that the server owns. */
export function contentParts({ bytes, contentCuts: cuts }: Pick<RawObject, 'bytes' | 'contentCuts'>): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < cuts.length; i += 2) {
    parts.push(bytes.subarray(from, cuts[i]));
    from = cuts[i + 1]!;
  }
  return [...parts, bytes.subarray(from)];
}

/** sha256 of the bytes, base64url without padding. */
export function bytesDigest(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64url');
}
