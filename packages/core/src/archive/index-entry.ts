import type { ObjectRef } from '../object/ref.ts';

/** What the index keeps of one object: enough to find, verify and compare it without reading it. */
export interface IndexEntry extends ObjectRef {
  /** Where the gzip member that holds the object begins in the archive, in bytes. */
  readonly memberOffset: number;
  /** The compressed length of that member, in bytes. */
  readonly memberLength: number;
  /** Where the object's JSON begins in the member's content, in bytes. */
  readonly offset: number;
  /** The length of the object's JSON, in bytes. */
  readonly sizeBytes: number;
  /** sha256 of the stored bytes, base64url without padding. */
  readonly stored: string;
  /**
   * sha256 (for encrypted objects an HMAC, under a key drawn from theirs) of what a person would call the object: its
   * JSON without what the server owns. Equal digests mean equal content; different ones may still be equal (another order of keys).
   * Undefined for Secrets stored in clear, of which no plain hash is kept.
   */
  readonly content: string | undefined;
  /** Empty where the server gave none. */
  readonly uid: string;
  /** The uids of `metadata.ownerReferences`, in order. */
  readonly ownerUids: readonly string[];
}
