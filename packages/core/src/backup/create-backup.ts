import { createArchiveWriter } from '../archive/archive-writer.ts';
import type { OpenSpool } from '../archive/spool.ts';
import { formatVersion, type BackupHeader, type BackupSummary, type BackupWarning } from '../archive/summary.ts';
import { formatInstant } from '../clock.ts';
import { withOwnSignal } from '../concurrently.ts';
import type { ClusterReader } from '../cluster/reader.ts';
import type { BackupWriter } from '../location/backup-writer.ts';
import { describeEncryption } from '../encryption/encryption.ts';
import type { BackupEncryption, Encryption } from '../encryption/encryption.ts';
import { writeUnderClaim } from '../location/claim-backup.ts';
import type { HeldClaim } from '../location/take-claim.ts';
import { contentTableVersion } from '../object/server-owned-members.ts';
import { typeName, type TypeName } from '../object/resource-type.ts';
import { writeBackupTogether } from '../location/write-backup.ts';
import type { Store } from '../store/store.ts';
import { refuseClearSecrets } from '../location/clear-secrets.ts';
import type { ReportBackup } from './backup-event.ts';
import { newestRevision } from './newest-revision.ts';
import type { BackupPlan } from './plan-backup.ts';
import { publishArchive } from './publish-archive.ts';
import { readCluster, type ClusterReading } from './read-cluster.ts';
import { storageWarnings } from './storage-warnings.ts';

/** What a backup is made of and with. */
export interface CreateBackupOptions {
  readonly reader: ClusterReader;
  readonly store: Store;
  readonly openSpool: OpenSpool;
  readonly writer: BackupWriter;
  readonly name: string;
  /** The tool that writes it, e.g. `infrabackup 0.1.0`. */
  readonly tool: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How long after now `prune` may delete it; absent: never. */
  readonly ttlMs?: number | undefined;
  /** How objects are encrypted; absent: all lie in clear. */
  readonly encryption?: Encryption | undefined;
  /** Whether Secrets may go in clear where what was written stays for good; absent: no. */
  readonly allowClearSecrets?: boolean | undefined;
  /** Lists that are asked for at a time; 4 when absent. */
  readonly concurrency?: number | undefined;
  /** Objects a request; the reader's own when absent. */
  readonly chunkSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ReportBackup | undefined;
}

/** Lists that are asked for at a time where nobody says otherwise: what keeps a small API server's two cores busy. */
export const defaultConcurrency = 4;

/**
 * Backs up what the plan says into the store, and returns the summary of what now exists there.
 *
 * The backup exists when the last write, its summary, is done. Until then nothing is listed; on an error or a cancel
 * what was written is cleared away, and what a kill leaves behind is cleared by the next `create` of that name or by
 * `delete`. Shortfalls and warnings are data of the summary: the caller decides what partial means.
 *
 * Throws SECRETS_IN_CLEAR, BACKUP_EXISTS and BACKUP_CLAIMED before any object is read, the reader's and the store's
 * errors, CANCELLED; from a store that takes it all at once BACKUP_EXISTS may come at the end, too.
 */
export async function createBackup(plan: BackupPlan, options: CreateBackupOptions): Promise<BackupSummary> {
  const { name, signal, writer, encryption } = options;
  const startedAt = writer.clock.now();
  const inClear =
    encryption?.sealerOf('secrets') === undefined && plan.types.some(({ type }) => typeName(type) === 'secrets');
  refuseClearSecrets(options.store, name, inClear, options.allowClearSecrets);
  return writeBackupTogether(options.store, name, `Back up ${name}`, signal, (store) =>
    withOwnSignal(signal, (asking) => {
      // The cluster tells it while the name is claimed.
      const revision = newestRevision(plan, options.reader, asking);
      revision.catch(() => undefined);
      return writeUnderClaim(store, name, { writer, signal }, (held) =>
        writeBackup(plan, revision, { ...options, store }, held, startedAt),
      );
    }),
  );
}

async function writeBackup(
  plan: BackupPlan,
  revision: Promise<string | undefined>,
  options: CreateBackupOptions,
  held: HeldClaim,
  startedAt: number,
): Promise<BackupSummary> {
  const {
    reader,
    store,
    signal,
    writer: { clock },
  } = options;
  const report = options.report ?? (() => undefined);
  const archive = await createArchiveWriter({ openSpool: options.openSpool, encryption: options.encryption, signal });
  try {
    const { concurrency = defaultConcurrency, chunkSize } = options;
    return await publishArchive(archive, {
      ...{ store, held, clock, signal, types: typesOf(plan) },
      fill: async (stop) => {
        const how = { reader, writer: archive, revision, concurrency, chunkSize, signal: stop, report };
        const header = headerOf(plan, await readCluster(plan, how), options, startedAt);
        for (const warning of header.warnings) report({ kind: 'warning', warning });
        return header;
      },
      onWriting: (sizeBytes) => report({ kind: 'writing', sizeBytes }),
    });
  } finally {
    await archive.close();
  }
}

function typesOf({ types, definitions }: BackupPlan): TypeName[] {
  return [...types.map(({ type }) => type), ...(definitions === undefined ? [] : [definitions])].map(typeName);
}

function headerOf(
  plan: BackupPlan,
  reading: ClusterReading,
  options: CreateBackupOptions,
  startedAt: number,
): BackupHeader {
  const { revision, types, shortfalls } = reading;
  const { ttlMs } = options;
  const encryption = describeEncryption(
    options.encryption,
    types.map((type) => ({ name: typeName(type), count: type.count })),
  );
  return {
    format: formatVersion,
    name: options.name,
    tool: options.tool,
    startedAt: formatInstant(startedAt),
    cluster: plan.cluster,
    ...(revision !== undefined && { revision }),
    selection: plan.selection,
    labels: options.labels ?? {},
    ...(ttlMs !== undefined && { expiresAt: formatInstant(startedAt + ttlMs) }),
    contentTable: contentTableVersion,
    encryption,
    types,
    shortfalls: [...plan.undiscovered.map((failure) => ({ kind: 'undiscovered', ...failure }) as const), ...shortfalls],
    warnings: warningsOf(reading, encryption, options.store),
  };
}

function warningsOf(
  { types, unreadable }: ClusterReading,
  encryption: BackupEncryption | null,
  store: Store,
): readonly BackupWarning[] {
  const warnings = storageWarnings(types, encryption, store);
  if (unreadable.length === 0) return warnings;
  const message = 'they belong to what was selected, and this user may not read them';
  return [...warnings, { kind: 'related-unreadable', refs: unreadable, message }];
}
