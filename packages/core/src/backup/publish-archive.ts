import type { ArchiveWriter } from '../archive/archive-writer.ts';
import { backupFile, sealSummary, type BackupHeader, type BackupSummary } from '../archive/summary.ts';
import { veleroBackup } from '../archive/velero-backup.ts';
import { formatInstant, type Clock } from '../clock.ts';
import { concurrently } from '../concurrently.ts';
import { publishSummary } from '../location/claim-backup.ts';
import type { HeldClaim } from '../location/take-claim.ts';
import type { Store } from '../store/store.ts';

/** Where an archive goes, and under what. */
export interface PublishOptions {
  readonly store: Store;
  readonly held: HeldClaim;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Told the length of the archive before it is written. */
  readonly onWriting: (sizeBytes: number) => void;
}

/** Writes an archive, and what lies beside it, under a claim: the backup exists when this returns its summary. */
export async function publishArchive(
  archive: ArchiveWriter,
  header: BackupHeader,
  { store, held, clock, signal, onWriting }: PublishOptions,
): Promise<BackupSummary> {
  const finished = await archive.finish(header);
  onWriting(finished.archive.sizeBytes);
  const { files } = held;
  const bodies = [
    { key: files.archive, file: finished.archive },
    { key: files.index, file: finished.index },
  ];
  await concurrently(bodies, bodies.length, ({ key, file }, stop) => store.create(key, file.stream(), stop), signal);
  const completedAt = formatInstant(clock.now());
  // Velero could not read what is encrypted, and would restore the strings that stand for objects.
  const velero = header.encryption === null ? Buffer.from(veleroBackup({ ...header, completedAt })) : undefined;
  if (velero !== undefined) await store.create(files.velero, velero, signal);
  const summary = sealSummary({
    ...header,
    completedAt,
    ...finished.files(),
    ...(velero !== undefined && { velero: backupFile('velero-backup.json', velero) }),
  });
  await publishSummary(store, held, Buffer.from(`${JSON.stringify(summary, null, 2)}\n`), signal);
  return summary;
}
