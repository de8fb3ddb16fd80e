import { backupFile, formatVersion, sealSummary } from '../archive/summary.ts';
import type { BackupSummary } from '../archive/summary.ts';
import type { BackupWriter } from '../location/backup-writer.ts';
import { claimBackup, publishSummary } from '../location/claim-backup.ts';
import type { HeldClaim } from '../location/take-claim.ts';
import type { Store } from '../store/store.ts';

let writers = 0;

/** A writer of its own: another process of the host `here`, where every process runs unless `isRunning` says otherwise. */
export function sampleWriter(overrides: Partial<BackupWriter> = {}): BackupWriter {
  const pid = ++writers;
  return {
    id: `writer-${pid}`,
    host: 'here#00000000',
    pid,
    clock: { now: () => Date.parse('2026-11-21T08:30:00Z') },
    isRunning: () => true,
    ...overrides,
  };
}

/** What a summary may say that the sample does not. */
export type SummaryOverrides = Partial<Omit<BackupSummary, 'digest'>>;

/** A summary without objects that is whole by its own digest. */
export function sampleSummary(name: string, overrides: SummaryOverrides = {}): BackupSummary {
  const nothing = new Uint8Array();
  return sealSummary({
    format: formatVersion,
    name,
    tool: 'infrabackup test',
    startedAt: '2026-11-21T08:30:00Z',
    completedAt: '2026-11-21T08:30:05Z',
    cluster: { uid: 'a-cluster', version: 'v1.36.3', server: 'https://127.0.0.1:6443' },
    selection: { preset: 'all', rules: [{}] },
    labels: {},
    contentTable: 1,
    encryption: null,
    types: [],
    shortfalls: [],
    warnings: [],
    archive: { ...backupFile(`${name}.tar.gz`, nothing), indexOffset: 0 },
    index: { ...backupFile(`${name}-index.jsonl.gz`, nothing), blocks: [] },
    ...overrides,
  });
}

/** Writes the files of a claimed backup and publishes it; each file, and the label `writer`, is the writer's id. */
export async function writeUnder(store: Store, held: HeldClaim, overrides: SummaryOverrides = {}): Promise<void> {
  const { name, files, writer } = held;
  for (const key of [files.archive, files.index, files.velero]) await store.create(key, Buffer.from(writer.id));
  const summary = sampleSummary(name, { ...overrides, labels: { ...overrides.labels, writer: writer.id } });
  await publishSummary(store, held, Buffer.from(JSON.stringify(summary)));
}

/** A published backup. */
export async function publishSample(
  store: Store,
  name: string,
  overrides: SummaryOverrides = {},
  writer = sampleWriter(),
): Promise<void> {
  const held = await claimBackup(store, name, { writer, settleMs: 0 });
  await writeUnder(store, held, overrides);
}
