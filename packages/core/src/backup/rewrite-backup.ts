import { createArchiveWriter, type ArchiveWriter } from '../archive/archive-writer.ts';
import type { Backup } from '../archive/open-backup.ts';
import type { OpenSpool } from '../archive/spool.ts';
import type { BackupHeader, BackupSummary, TypeSummary } from '../archive/summary.ts';
import { throwIfCancelled } from '../errors/app-error.ts';
import { lockedError } from '../encryption/backup-lock.ts';
import { describeEncryption, type Encryption } from '../encryption/encryption.ts';
import type { BackupWriter } from '../location/backup-writer.ts';
import { writeUnderClaim } from '../location/claim-backup.ts';
import type { HeldClaim } from '../location/take-claim.ts';
import { rawObject } from '../object/object-scanner.ts';
import { typeName, type TypeName } from '../object/resource-type.ts';
import { contentTableVersion } from '../object/server-owned-members.ts';
import { writeBackupTogether } from '../location/write-backup.ts';
import type { Store } from '../store/store.ts';
import { countClearSecrets, refuseClearSecrets } from '../location/clear-secrets.ts';
import { publishArchive } from './publish-archive.ts';
import { storageWarnings } from './storage-warnings.ts';

/** A backup to write anew, and how. */
export interface RewriteBackupOptions {
  readonly backup: Backup;
  readonly to: Store;
  /** The name of what is written. */
  readonly name: string;
  /** How its objects are encrypted; undefined: they lie in clear. */
  readonly encryption: Encryption | undefined;
  /** Whether Secrets may go in clear where what was written stays for good; absent: no. */
  readonly allowClearSecrets?: boolean | undefined;
  readonly openSpool: OpenSpool;
  readonly writer: BackupWriter;
  /** The tool that writes it, e.g. `infrabackup 0.1.0`. */
  readonly tool: string;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many objects were read. */
  readonly report?: ((objects: number) => void) | undefined;
}

/**
 * Writes the objects of a backup as another backup: under other keys, in clear, or under another name. It is of the same
 * instant and cluster, and has labels and expiry of the first, but a digest of its own.
 *
 * Every object is held against its digest. One that is cut off begins anew. Throws SECRETS_IN_CLEAR, KEY_MISSING and
 * KEY_WRONG before anything is written, BACKUP_DAMAGED, BACKUP_EXISTS, BACKUP_CLAIMED, CANCELLED and the stores' errors.
 */
export async function rewriteBackup(options: RewriteBackupOptions): Promise<BackupSummary> {
  const { backup, name, writer, encryption, signal } = options;
  for (const type of backup.header.types.map(typeName)) {
    const locked = backup.lock.lockedBy(type);
    if (locked !== undefined) throw lockedError(`${type} of ${backup.header.name}`, locked);
  }
  const described = describeEncryption(encryption, countsOf(backup.header.types));
  const inClear = countClearSecrets(backup.header.types, described) > 0;
  refuseClearSecrets(options.to, name, inClear, options.allowClearSecrets);
  return writeBackupTogether(options.to, name, `Copy backup ${backup.header.name}`, signal, (to) =>
    writeUnderClaim(to, name, { writer, signal }, (held) => writeAnew({ ...options, to }, held)),
  );
}

function countsOf(types: readonly TypeSummary[]): { readonly name: TypeName; readonly count: number }[] {
  return types.map((type) => ({ name: typeName(type), count: type.count }));
}

async function writeAnew(options: RewriteBackupOptions, held: HeldClaim): Promise<BackupSummary> {
  const { backup, to, encryption, openSpool, writer, signal } = options;
  const archive = await createArchiveWriter({ openSpool, encryption, signal });
  try {
    return await publishArchive(archive, {
      ...{ store: to, held, clock: writer.clock, signal, types: backup.header.types.map(typeName) },
      fill: async (stop) => headerOf(await writeTypes(archive, options, stop), options),
      onWriting: () => undefined,
    });
  } finally {
    await archive.close();
  }
}

async function writeTypes(
  archive: ArchiveWriter,
  { backup, report }: RewriteBackupOptions,
  signal: AbortSignal,
): Promise<readonly TypeSummary[]> {
  const types: TypeSummary[] = [];
  let objects = 0;
  for (const type of backup.header.types) {
    const segment = archive.segment(type);
    for await (const { bytes } of backup.readMany(backup.entries({ types: [typeName(type)] }))) {
      segment.add(rawObject(bytes));
      objects++;
      if (objects % 256 === 0) {
        throwIfCancelled(signal);
        await segment.drain();
        report?.(objects);
      }
    }
    types.push({ ...type, ...(await segment.close()) });
  }
  return types;
}

function headerOf(
  types: readonly TypeSummary[],
  { backup, name, encryption, to, tool }: RewriteBackupOptions,
): BackupHeader {
  const { header } = backup;
  const described = describeEncryption(encryption, countsOf(types));
  const ofReading = header.warnings.filter(({ kind }) => kind === 'related-unreadable');
  return {
    ...withoutFiles(header),
    ...{ name, tool, types, contentTable: contentTableVersion, encryption: described },
    warnings: [...storageWarnings(types, described, to), ...ofReading],
  };
}

/** A summary is a header, too: what it says of the files that were is not true of those that will be. */
function withoutFiles(header: object): BackupHeader {
  const ofFiles = ['index', 'archive', 'velero', 'digest', 'completedAt'];
  return Object.fromEntries(
    Object.entries(header).filter(([member]) => !ofFiles.includes(member)),
  ) as unknown as BackupHeader;
}
