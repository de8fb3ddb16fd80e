import { isAppError } from '../errors/app-error.ts';
import type { AppError } from '../errors/app-error.ts';
import type { BackupSummary } from '../archive/summary.ts';
import { matchesLabels } from '../select/label-selector.ts';
import type { LabelRequirement } from '../select/label-selector.ts';
import type { Store } from '../store/store.ts';
import { compareAge } from './compare-age.ts';
import { deleteBackup } from './delete-backup.ts';
import { isComplete, keptByRules } from './keep-rules.ts';
import type { KeepRuleReason, KeepRules } from './keep-rules.ts';
import type { ListedBackup } from './list-backups.ts';
import type { Debris } from './list-debris.ts';
import type { ClaimOptions } from './take-claim.ts';

/** Why a backup goes. */
export type PruneReason =
  | { readonly kind: 'expired'; readonly expiresAt: string }
  /** No rule keeps it. */
  | { readonly kind: 'surplus' }
  /** It was never finished, or never deleted to the end, and nobody works on it any more. */
  | { readonly kind: 'debris' };

/** Why a backup stays. */
export type KeepReason =
  | KeepRuleReason
  | { readonly kind: 'not-expired'; readonly expiresAt: string }
  /** It has no time to live, and no rules were given. */
  | { readonly kind: 'never-expires' }
  /** Nothing else speaks for it, but it is the newest complete one of its cluster; where none is complete, the newest. */
  | { readonly kind: 'last-good' }
  /** Nobody can say what it is. */
  | { readonly kind: 'unreadable'; readonly problem: AppError }
  /** Somebody writes or deletes it. */
  | { readonly kind: 'busy' };

/** What a prune removes and what it leaves, each sorted by name. Backups that it was not asked about are in neither. */
export interface PrunePlan {
  readonly remove: readonly { readonly name: string; readonly reason: PruneReason }[];
  readonly keep: readonly { readonly name: string; readonly reasons: readonly KeepReason[] }[];
}

/** What became of one backup that a plan removes. */
export interface PruneOutcome {
  readonly name: string;
  readonly reason: PruneReason;
  /** Absent when it is gone. */
  readonly problem?: AppError;
}

/** Which backups a prune is about, and which of them stay. */
export interface PruneOptions {
  /** Only these, by their whole names. */
  readonly names?: readonly string[] | undefined;
  /** Only those whose labels match. */
  readonly labels?: readonly LabelRequirement[] | undefined;
  /** Only those of the cluster with this uid. */
  readonly clusterUid?: string | undefined;
  /** Absent: everything stays that has not expired. */
  readonly keep?: KeepRules | undefined;
}

/**
 * Plans what may go by `nowMs`. A backup stays as long as one thing speaks for it: that it has not expired, a rule, or
 * that it is the last good one of its cluster among those that the prune is about. Rules count by cluster, too.
 *
 * Debris goes where neither labels nor a cluster are asked for, which it does not tell.
 */
export function planPrune(
  backups: readonly ListedBackup[],
  debris: readonly Debris[],
  nowMs: number,
  options: PruneOptions = {},
): PrunePlan {
  const isNamed = ({ name }: { readonly name: string }): boolean => options.names?.includes(name) !== false;
  const meant = backups.filter((backup) => isNamed(backup) && isMeant(backup, options));
  const series = Map.groupBy(
    meant.flatMap(({ summary }) => summary ?? []),
    clusterOf,
  );
  const byRules = new Map([...series.values()].flatMap((ofCluster) => [...keptByRules(ofCluster, options.keep ?? {})]));
  const lastGood = new Set([...series.values()].map((ofCluster) => bestOf(ofCluster).name));

  const remove: { name: string; reason: PruneReason }[] = [];
  const keep: { name: string; reasons: readonly KeepReason[] }[] = [];
  for (const { name, summary, problem } of meant) {
    if (summary === undefined) {
      keep.push({ name, reasons: [{ kind: 'unreadable', problem }] });
      continue;
    }
    const reasons = [...(byRules.get(name) ?? []), ...reasonOfTime(summary, nowMs, options.keep !== undefined)];
    const { expiresAt } = summary;
    if (reasons.length > 0) keep.push({ name, reasons });
    else if (lastGood.has(name)) keep.push({ name, reasons: [{ kind: 'last-good' }] });
    else remove.push({ name, reason: expiresAt === undefined ? { kind: 'surplus' } : { kind: 'expired', expiresAt } });
  }
  const tellsAll = options.labels === undefined && options.clusterUid === undefined;
  for (const { name, stale } of tellsAll ? debris.filter(isNamed) : []) {
    if (stale) remove.push({ name, reason: { kind: 'debris' } });
    else keep.push({ name, reasons: [{ kind: 'busy' }] });
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

/** What cannot be read is of no label or cluster: it is told of wherever it might be meant. */
function isMeant({ summary }: ListedBackup, { labels, clusterUid }: PruneOptions): boolean {
  if (summary === undefined) return true;
  return (
    (labels === undefined || matchesLabels(labels, summary.labels)) &&
    (clusterUid === undefined || summary.cluster.uid === clusterUid)
  );
}

/** A cluster without a uid is known by its address. */
function clusterOf({ cluster }: BackupSummary): string {
  return cluster.uid ?? cluster.server;
}

/** What its time to live says: a backup that never expires stays by that alone, unless rules say what stays. */
function reasonOfTime({ expiresAt }: BackupSummary, nowMs: number, hasRules: boolean): KeepReason[] {
  if (expiresAt === undefined) return hasRules ? [] : [{ kind: 'never-expires' }];
  return Date.parse(expiresAt) > nowMs ? [{ kind: 'not-expired', expiresAt }] : [];
}

function bestOf(series: readonly BackupSummary[]): BackupSummary {
  return series.toSorted((a, b) => Number(isComplete(b)) - Number(isComplete(a)) || compareAge(b, a))[0]!;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
