import type { BackupSummary } from '../archive/summary.ts';
import { compareAge } from './compare-age.ts';

/** Which backups of a series stay; each rule counts by itself, and a backup stays when one of them keeps it. */
export interface KeepRules {
  /** The newest ones. */
  readonly last?: number | undefined;
  /** The newest complete one of each of so many hours (days, weeks, months) that have any, from the newest on. */
  readonly hourly?: number | undefined;
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  /** All that were taken less than so long before the newest one. */
  readonly withinMs?: number | undefined;
}

/** The rules that keep one backup of each period. */
export type KeepPeriod = 'hourly' | 'daily' | 'weekly' | 'monthly';

/** Why a rule keeps a backup. */
export type KeepRuleReason =
  /** It is the `rank`-th newest, counted from 1. */
  | { readonly kind: 'last'; readonly rank: number }
  /** It stands for `period`: `2026-11-21T08`, `2026-11-21`, `2026-W47` or `2026-11`, in UTC. */
  | { readonly kind: KeepPeriod; readonly period: string }
  /** It is the oldest of all, kept while there are fewer periods than the rule may keep. */
  | { readonly kind: 'oldest'; readonly rule: KeepPeriod }
  | { readonly kind: 'within'; readonly withinMs: number };

/** The period that an instant of UTC lies in. Local time has hours that come twice and days of 23; UTC has none. */
const periods: Readonly<Record<KeepPeriod, (startedAt: string) => string>> = {
  hourly: (startedAt) => startedAt.slice(0, 13),
  daily: (startedAt) => startedAt.slice(0, 10),
  weekly: isoWeek,
  monthly: (startedAt) => startedAt.slice(0, 7),
};

/**
 * What the rules keep of one series of backups, by name, with every reason.
 *
 * The rules are restic's, with one difference: what stands for a period is its newest complete backup, and only where
 * none is complete its newest.
 *
 * Source: https://restic.readthedocs.io/en/v0.18.0/060_forget.html
 */
export function keptByRules(
  series: readonly BackupSummary[],
  rules: KeepRules,
): ReadonlyMap<string, readonly KeepRuleReason[]> {
  const newestFirst = series.toSorted((a, b) => compareAge(b, a));
  const kept = new Map<string, KeepRuleReason[]>();
  const keep = ({ name }: BackupSummary, reason: KeepRuleReason): void => {
    kept.set(name, [...(kept.get(name) ?? []), reason]);
  };
  for (const [i, backup] of newestFirst.slice(0, rules.last ?? 0).entries())
    keep(backup, { kind: 'last', rank: i + 1 });

  for (const rule of ['hourly', 'daily', 'weekly', 'monthly'] as const) {
    const count = rules[rule] ?? 0;
    const byPeriod = [...Map.groupBy(newestFirst, ({ startedAt }) => periods[rule](startedAt))];
    for (const [period, backups] of byPeriod.slice(0, count)) {
      keep(backups.find(isComplete) ?? backups[0]!, { kind: rule, period });
    }
    const oldest = newestFirst.at(-1);
    if (byPeriod.length < count && oldest !== undefined) keep(oldest, { kind: 'oldest', rule });
  }

  const { withinMs } = rules;
  const newest = newestFirst[0];
  if (withinMs !== undefined && newest !== undefined) {
    const sinceMs = Date.parse(newest.startedAt) - withinMs;
    const recent = newestFirst.filter(({ startedAt }) => Date.parse(startedAt) > sinceMs);
    for (const backup of recent) keep(backup, { kind: 'within', withinMs });
  }
  return kept;
}

/** Whether a backup has all that was asked for; what was read whole, only later than the rest, is there. */
export function isComplete({ shortfalls }: Pick<BackupSummary, 'shortfalls'>): boolean {
  return shortfalls.every(({ kind }) => kind === 'later');
}

/** Source: https://www.iso.org/iso-8601-date-and-time-format.html: a week is of the year that has its Thursday. */
function isoWeek(startedAt: string): string {
  const date = new Date(startedAt);
  const thursday = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 4 - (date.getUTCDay() || 7)),
  );
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
