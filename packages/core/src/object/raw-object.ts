import type { OwnerReference } from './manifest.ts';

/**
 * One object as bytes, with what a backup needs to know of it found without parsing the whole.
 *
 * Objects are cut out of a list while it arrives (see `ListCutter`); `bytes` then is a window on a buffer that the
 * cutter reuses: it is valid until the next batch is asked for. Whoever keeps it longer copies it.
 */
export interface RawObject {
  /** The object's whole JSON, `apiVersion` and `kind` included, else byte for byte as the server sent it. */
  readonly bytes: Buffer;
  readonly name: string;
  /** Undefined for cluster-scoped objects. */
  readonly namespace: string | undefined;
  /** Undefined where the server gives none (some aggregated APIs). */
  readonly uid: string | undefined;
  /**
   * What the content digest leaves out of `bytes`: pairs of start and end offsets, ascending, end exclusive, each a
   * whole member with one of its commas. The table of members is `serverOwnedMembers`.
   */
  readonly contentCuts: readonly number[];
  /** Parsed from the bytes at each call; empty when there are none. */
  ownerReferences(): readonly OwnerReference[];
  /** Parsed from the bytes at each call; empty when there are none. */
  labels(): Readonly<Record<string, string>>;
  /** Parsed from the bytes at each call; empty when there are none. */
  annotations(): Readonly<Record<string, string>>;
}
