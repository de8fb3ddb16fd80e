import { backupFiles } from '../location/backup-files.ts';
import type { BackupFiles } from '../location/backup-files.ts';
import { readSummary } from '../location/read-summary.ts';
import { lockedError, openLock } from '../encryption/backup-lock.ts';
import type { BackupLock, Keyring } from '../encryption/backup-lock.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { Store } from '../store/store.ts';
import { readArchiveEnds } from './archive-ends.ts';
import { partOf, storeSource } from './archive-source.ts';
import type { ArchiveSource } from './archive-source.ts';
import type { IndexEntry } from './index-entry.ts';
import { IndexReader } from './index-reader.ts';
import type { IndexRow } from './index-row.ts';
import type { EntryQuery } from './index-reader.ts';
import { MemberReader } from './member-reader.ts';
import type { StoredObject } from './member-reader.ts';
import type { ArchiveHeader, BackupSummary } from './summary.ts';

/**
 * A backup, open for reading. Nothing is read before it is asked for, and what is read is held against digests: the
 * summary's of its blocks, the blocks' of the objects.
 *
 * Every method throws BACKUP_DAMAGED for what does not hold, and the store's errors.
 */
export interface Backup {
  readonly header: ArchiveHeader;
  /** Undefined for an archive that was opened without the files beside it. */
  readonly summary: BackupSummary | undefined;
  /** What of it is encrypted, and whether it can be read. All but the objects themselves can be, always. */
  readonly lock: BackupLock;
  /** The entries that are meant, in the order of backups; reads only the index blocks that can hold them. */
  entries(query?: EntryQuery): AsyncIterable<IndexEntry>;
  /** The same for whole types, block by block and not parsed: for who compares all of two backups. */
  rows(types?: readonly TypeName[]): AsyncIterable<readonly IndexRow[]>;
  /** The entry of one object; undefined when the backup has none. Reads one block at most. */
  find(ref: ObjectRef): Promise<IndexEntry | undefined>;
  /** The object's JSON, decrypted. Reads one member at most. Throws KEY_MISSING and KEY_WRONG, and so does `readMany`. */
  read(entry: IndexEntry): Promise<Buffer>;
  /**
   * The objects in the order given, which is fastest in the order of backups: neighbours are read together, the next
   * ones while these are consumed. Not more than some MiB, or two objects, are in memory.
   */
  readMany(entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>): AsyncIterable<StoredObject>;
  /** The same as the archive has them, without a key: encrypted objects stay so. */
  readManySealed(entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>): AsyncIterable<StoredObject>;
}

/** How a backup is opened. */
export interface OpenBackupOptions {
  /** Its files, where they are not in the backup's own folder of the location. */
  readonly files?: BackupFiles | undefined;
  /** Its summary, where that was read already. */
  readonly summary?: BackupSummary | undefined;
  /** What encrypted objects are opened with. */
  readonly keyring?: Keyring | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a backup of a location by reading its summary, one request. One object of it then takes two: a block of the
 * index, and a member of the archive.
 *
 * Throws BACKUP_NOT_FOUND, BACKUP_DAMAGED, BACKUP_FORMAT.
 */
export async function openBackup(
  store: Store,
  name: string,
  options: OpenBackupOptions = {},
): Promise<Backup & { readonly summary: BackupSummary }> {
  const { files = backupFiles(name), signal } = options;
  const summary = options.summary ?? (await readSummary(store, name, signal, files));
  const archive = storeSource(store, files.archive, summary.archive.sizeBytes, signal);
  const index = storeSource(store, files.index, summary.index.sizeBytes, signal);
  return { ...reading(archive, index, summary, await openLock(summary.encryption, options.keyring)), summary };
}

/**
 * Opens an archive that lies alone, by what it carries at its end; of the summary it has no digest to be held against.
 *
 * Throws BACKUP_DAMAGED (also for a tarball of another tool), BACKUP_FORMAT.
 */
export async function openArchiveFile(archive: ArchiveSource, keyring?: Keyring): Promise<Backup> {
  const { header, indexOffset } = await readArchiveEnds(archive);
  const index = partOf(archive, `the index in ${archive.name}`, indexOffset, header.index.sizeBytes);
  return { ...reading(archive, index, header, await openLock(header.encryption, keyring)), summary: undefined };
}

function reading(
  archive: ArchiveSource,
  index: ArchiveSource,
  header: ArchiveHeader,
  lock: BackupLock,
): Omit<Backup, 'summary'> {
  const entries = new IndexReader(index, header.index, archive.sizeBytes);
  const members = new MemberReader(archive);
  return {
    header,
    lock,
    entries: (query) => entries.entries(query),
    rows: (types) => entries.rows(types),
    find: (ref) => entries.find(ref),
    read: async (entry) => lock.open(entry, await members.read(unlocked(entry, lock))),
    readManySealed: (wanted) => members.readMany(wanted),
    readMany: (wanted) => (header.encryption === null ? members.readMany(wanted) : opened(members, wanted, lock)),
  };
}

async function* opened(
  members: MemberReader,
  wanted: Iterable<IndexEntry> | AsyncIterable<IndexEntry>,
  lock: BackupLock,
): AsyncGenerator<StoredObject> {
  for await (const { entry, bytes } of members.readMany(allUnlocked(wanted, lock))) {
    yield { entry, bytes: lock.open(entry, bytes) };
  }
}

async function* allUnlocked(
  entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>,
  lock: BackupLock,
): AsyncGenerator<IndexEntry> {
  for await (const entry of entries) yield unlocked(entry, lock);
}

/** The entry, which is not read at all when it could not be opened. */
function unlocked(entry: IndexEntry, lock: BackupLock): IndexEntry {
  const locked = lock.lockedBy(entry.type);
  if (locked !== undefined) throw lockedError(formatRef(entry), locked);
  return entry;
}
