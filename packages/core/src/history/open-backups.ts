import { openBackup, type Backup } from '../archive/open-backup.ts';
import type { BackupSummary } from '../archive/summary.ts';
import type { AppError } from '../errors/app-error.ts';
import { compareAge } from '../location/compare-age.ts';
import type { Keyring } from '../encryption/backup-lock.ts';
import { listBackups } from '../location/list-backups.ts';
import type { Store } from '../store/store.ts';

/** A backup of a location, open for reading. */
export type OpenedBackup = Backup & { readonly summary: BackupSummary };

/** Every backup of a location. */
export interface OpenedBackups {
  /** The oldest first. */
  readonly backups: readonly OpenedBackup[];
  /** Those that cannot be read, by name. */
  readonly problems: readonly BackupProblem[];
}

/** A backup that cannot be read, and why. */
export interface BackupProblem {
  readonly name: string;
  readonly problem: AppError;
}

/** Opens every backup of a location: one listing, and one request a backup. `keyring` opens what is encrypted in them. */
export async function openBackups(store: Store, signal?: AbortSignal, keyring?: Keyring): Promise<OpenedBackups> {
  const backups: OpenedBackup[] = [];
  const problems: BackupProblem[] = [];
  for await (const { name, summary, problem } of listBackups(store, signal)) {
    if (problem === undefined) backups.push(await openBackup(store, name, { summary, keyring, signal }));
    else problems.push({ name, problem });
  }
  backups.sort((a, b) => compareAge(a.summary, b.summary));
  return { backups, problems };
}
