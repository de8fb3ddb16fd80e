import { isAppError } from '../errors/app-error.ts';
import type { AppError } from '../errors/app-error.ts';
import type { BackupSummary } from '../archive/summary.ts';
import type { Store } from '../store/store.ts';
import { deleteBackup } from './delete-backup.ts';
import type { ListedBackup } from './list-backups.ts';
import type { Debris } from './list-debris.ts';
import type { ClaimOptions } from './take-claim.ts';

/** Why a backup goes. */
export type PruneReason =
  | { readonly kind: 'expired'; readonly expiresAt: string }
  /** It was never finished, or never deleted to the end, and nobody works on it any more. */
  | { readonly kind: 'debris' };

/** Why a backup stays. */
export type KeepReason =
  | { readonly kind: 'not-expired'; readonly expiresAt: string }
  | { readonly kind: 'never-expires' }
  /** Expired, but the newest complete one of its cluster; where none is complete, the newest. */
  | { readonly kind: 'last-good'; readonly expiresAt: string }
  /** Nobody can say when it expires. */
  | { readonly kind: 'unreadable'; readonly problem: AppError }
  /** Somebody writes or deletes it. */
  | { readonly kind: 'busy' };

/** What a prune removes and what it leaves, each sorted by name. */
export interface PrunePlan {
  readonly remove: readonly { readonly name: string; readonly reason: PruneReason }[];
  readonly keep: readonly { readonly name: string; readonly reason: KeepReason }[];
}

/** What became of one backup that a plan removes. */
export interface PruneOutcome {
  readonly name: string;
  readonly reason: PruneReason;
  /** Absent when it is gone. */
  readonly problem?: AppError;
}

/** Plans what has expired by `nowMs`. The last good backup of each cluster stays, expired or not. */
export function planPrune(backups: readonly ListedBackup[], debris: readonly Debris[], nowMs: number): PrunePlan {
  const protectedNames = new Set(lastGood(backups.flatMap(({ summary }) => summary ?? [])).map(({ name }) => name));
  const remove: { name: string; reason: PruneReason }[] = [];
  const keep: { name: string; reason: KeepReason }[] = [];
  for (const { name, summary, problem } of backups) {
    if (summary === undefined) keep.push({ name, reason: { kind: 'unreadable', problem } });
    else if (summary.expiresAt === undefined) keep.push({ name, reason: { kind: 'never-expires' } });
    else {
      const { expiresAt } = summary;
      if (Date.parse(expiresAt) > nowMs) keep.push({ name, reason: { kind: 'not-expired', expiresAt } });
      else if (protectedNames.has(name)) keep.push({ name, reason: { kind: 'last-good', expiresAt } });
      else remove.push({ name, reason: { kind: 'expired', expiresAt } });
    }
  }
  for (const { name, stale } of debris) {
    if (stale) remove.push({ name, reason: { kind: 'debris' } });
    else keep.push({ name, reason: { kind: 'busy' } });
  }
  return { remove: remove.sort(byName), keep: keep.sort(byName) };
}

/** Removes what the plan says, one by one. A backup that cannot be removed is data; a cancel is thrown. */
export async function* executePrune(
  store: Store,
  plan: PrunePlan,
  options: ClaimOptions,
): AsyncGenerator<PruneOutcome> {
  for (const { name, reason } of plan.remove) {
    try {
      await deleteBackup(store, name, options);
      yield { name, reason };
    } catch (error) {
      if (isAppError(error, 'BACKUP_NOT_FOUND')) yield { name, reason };
      else if (isAppError(error) && error.code !== 'CANCELLED') yield { name, reason, problem: error };
      else throw error;
    }
  }
}

/** One backup a cluster: the newest complete one, else the newest. A cluster without a uid is known by its address. */
function lastGood(summaries: readonly BackupSummary[]): BackupSummary[] {
  const best = new Map<string, BackupSummary>();
  for (const summary of summaries) {
    const cluster = summary.cluster.uid ?? summary.cluster.server;
    const rival = best.get(cluster);
    if (rival === undefined || isBetter(summary, rival)) best.set(cluster, summary);
  }
  return [...best.values()];
}

function isBetter(a: BackupSummary, b: BackupSummary): boolean {
  const [aComplete, bComplete] = [a.shortfalls.length === 0, b.shortfalls.length === 0];
  return aComplete === bComplete ? a.startedAt > b.startedAt : aComplete;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
