import { createHash } from 'node:crypto';
import type { ResourceType } from '../object/resource-type.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { ClusterIdentity } from '../cluster/reader.ts';
import type { BackupEncryption } from '../encryption/encryption.ts';
import type { Selection } from '../select/selection.ts';
import { canonicalJson } from './canonical-json.ts';

/** One type of a backup: how it was served, and what of it was stored. */
export interface TypeSummary extends ResourceType {
  readonly count: number;
  /** The JSON of its objects before compression, in bytes. */
  readonly sizeBytes: number;
  /** Objects by namespace, sorted by name; empty for cluster-scoped types. */
  readonly namespaces: Readonly<Record<string, number>>;
  /** The revision at which it was read, when that is not the backup's. */
  readonly revision?: string;
}

/** Something that was asked for and is not in the backup, or not as of the backup's one instant. */
export type Shortfall =
  /** The group's discovery failed: its types, and so its objects, are not in the backup. */
  | { readonly kind: 'undiscovered'; readonly groupVersion: string; readonly message: string }
  /** The type could not be listed (in that namespace): what of it is in the backup is incomplete. */
  | { readonly kind: 'unlisted'; readonly type: TypeName; readonly namespace?: string; readonly message: string }
  /** The type was read whole, but later than the backup's revision. */
  | { readonly kind: 'later'; readonly type: TypeName; readonly reason: string };

/** A thing worth a person's attention that leaves the backup whole. */
export type BackupWarning =
  /** Secrets lie in the archive readable by whoever can read it. */
  | { readonly kind: 'secrets-in-clear'; readonly count: number }
  /** The location cannot create conditionally: two writers of one name could not be told apart. */
  | { readonly kind: 'unconditional-store' }
  /** Objects that belong to what was selected could not be read; they were not themselves asked for. */
  | { readonly kind: 'related-unreadable'; readonly refs: readonly string[]; readonly message: string };

/** Where one independently compressed block of the index lies in the index file, and what it begins with. */
export interface IndexBlock {
  readonly offset: number;
  readonly length: number;
  /** The ref of its first entry as `type/namespace/name` (an empty namespace for cluster-scoped objects). */
  readonly first: string;
  /** sha256 of its compressed bytes, base64url without padding: what is read of a backup is held against this. */
  readonly sha256: string;
}

/** A file of the backup, by its name in the backup's folder. */
export interface BackupFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** sha256 of its bytes, as `sha256sum` prints it. */
  readonly sha256: string;
}

/** The archive file. */
export interface ArchiveFile extends BackupFile {
  /** Where the archive's own copy of the index begins, byte for byte the index file. */
  readonly indexOffset: number;
}

/** The index file, and the directory of its blocks in the order of their entries. */
export interface IndexFile extends BackupFile {
  readonly blocks: readonly IndexBlock[];
}

/** What is known of a backup before its archive is laid out. */
export interface BackupHeader {
  /** `major.minor` of docs/format.md. A reader refuses a major that it does not know. */
  readonly format: string;
  readonly name: string;
  /** The tool that wrote it, e.g. `infrabackup 0.1.0`. */
  readonly tool: string;
  readonly startedAt: string;
  readonly cluster: ClusterIdentity;
  /** The etcd revision that every type was read at; absent where the API gave none. */
  readonly revision?: string;
  readonly selection: Selection;
  readonly labels: Readonly<Record<string, string>>;
  /** When `prune` may delete it; absent means never. */
  readonly expiresAt?: string;
  /** The version of the table of members that content digests leave out. */
  readonly contentTable: number;
  /** How objects are encrypted, and which; null when all lie in clear. */
  readonly encryption: BackupEncryption | null;
  /** Sorted by type name; types with no object included, since they were looked for. */
  readonly types: readonly TypeSummary[];
  readonly shortfalls: readonly Shortfall[];
  readonly warnings: readonly BackupWarning[];
}

/** What the archive itself carries about the backup (its entry `metadata/infrabackup/backup.json`). */
export interface ArchiveHeader extends BackupHeader {
  /** The index as a file of its own; the archive's last entry has the same bytes. */
  readonly index: IndexFile;
}

/** The backup's summary file: written last, so a backup exists when its summary does. */
export interface BackupSummary extends ArchiveHeader {
  readonly completedAt: string;
  readonly archive: ArchiveFile;
  /** What Velero lists the backup by; absent where it is kept from Velero. */
  readonly velero?: BackupFile;
  /** Over all of the above and, through the files' digests, every byte: `sha256:` and 64 hex digits. */
  readonly digest: string;
}

/** The format that this version writes. It reads every format of the same major. */
export const formatVersion = '1.0';

/** The summary with its digest. Members that are undefined are as good as absent. */
export function sealSummary(unsealed: Omit<BackupSummary, 'digest'>): BackupSummary {
  return { ...unsealed, digest: summaryDigest(unsealed) };
}

/** The one digest over a backup: of the canonical JSON of its summary without the member `digest`. */
export function summaryDigest(summary: object): string {
  const canonical = canonicalJson({ ...summary, digest: undefined });
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}

/** What a summary or a header says of a file whose bytes are at hand. */
export function backupFile(name: string, bytes: Uint8Array): BackupFile {
  return { name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
