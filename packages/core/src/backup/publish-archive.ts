import type { ArchiveWriter, FinishedArchive } from '../archive/archive-writer.ts';
import { isArchiveChanged } from '../archive/open-segments.ts';
import { backupFile, sealSummary, type BackupHeader, type BackupSummary } from '../archive/summary.ts';
import { veleroBackup } from '../archive/velero-backup.ts';
import { formatInstant, type Clock } from '../clock.ts';
import { concurrently } from '../concurrently.ts';
import { publishSummary } from '../location/claim-backup.ts';
import type { HeldClaim } from '../location/take-claim.ts';
import { compareUtf8 } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { Store } from '../store/store.ts';

/** Where an archive goes, and under what. */
export interface PublishOptions {
  readonly store: Store;
  readonly held: HeldClaim;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** All types that may turn out to be in it. */
  readonly types: readonly TypeName[];
  /** Writes the objects, and says what the archive says about itself. */
  readonly fill: (signal: AbortSignal) => Promise<BackupHeader>;
  /** Told the length of the archive when it is known: most of it may have been written by then. */
  readonly onWriting: (sizeBytes: number) => void;
}

/**
 * Writes an archive, and what lies beside it, under a claim: the backup exists when this returns its summary. The archive
 * is on its way while it is filled: whatever is decided of it, from its start on.
 */
export async function publishArchive(archive: ArchiveWriter, options: PublishOptions): Promise<BackupSummary> {
  const { store, held, clock, signal } = options;
  let filled: { readonly header: BackupHeader; readonly finished: FinishedArchive } | undefined;
  const fill = async (stop: AbortSignal): Promise<void> => {
    const header = await options.fill(stop);
    const finished = await archive.finish(header);
    options.onWriting(finished.archive.sizeBytes);
    await store.create(held.files.index, finished.index.stream(), stop);
    filled = { header, finished };
  };
  const send = (stop: AbortSignal): Promise<void> => sendArchive(archive, options, stop);
  await concurrently([fill, send], 2, (task, stop) => task(stop), signal);

  const { header, finished } = filled!;
  const completedAt = formatInstant(clock.now());
  // Velero could not read what is encrypted, and would restore the strings that stand for objects.
  const velero = header.encryption === null ? Buffer.from(veleroBackup({ ...header, completedAt })) : undefined;
  if (velero !== undefined) await store.create(held.files.velero, velero, signal);
  const summary = sealSummary({
    ...header,
    completedAt,
    ...finished.files(),
    ...(velero !== undefined && { velero: backupFile('velero-backup.json', velero) }),
  });
  await publishSummary(store, held, Buffer.from(`${JSON.stringify(summary, null, 2)}\n`), signal);
  return summary;
}

/** Sends the archive while it is filled; anew when what went of it is not in it any more. */
async function sendArchive(archive: ArchiveWriter, options: PublishOptions, stop: AbortSignal): Promise<void> {
  const types = [...new Set(options.types)].sort(compareUtf8);
  for (;;) {
    try {
      await options.store.create(options.held.files.archive, archive.stream(types), stop);
      return;
    } catch (error) {
      if (!isArchiveChanged(error)) throw error;
    }
  }
}
