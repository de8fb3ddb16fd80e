import { describe, expect, it } from 'vitest';
import type { BackupSummary } from '../archive/summary.ts';
import { sampleSummary } from '../testing/sample-location.ts';
import type { SummaryOverrides } from '../testing/sample-location.ts';
import { isComplete, keptByRules } from './keep-rules.ts';
import type { KeepRuleReason, KeepRules } from './keep-rules.ts';

const partial: SummaryOverrides = { shortfalls: [{ kind: 'unlisted', type: 'secrets', message: 'forbidden' }] };
const hourMs = 3_600_000;

/** A backup named by its time; a `!` behind it makes it a partial one. */
function backup(time: string): BackupSummary {
  const startedAt = `${time.replace('!', '')}:00Z`;
  return sampleSummary(time, { startedAt, ...(time.endsWith('!') && partial) });
}

function format(reason: KeepRuleReason): string {
  switch (reason.kind) {
    case 'last':
      return `last ${reason.rank}`;
    case 'within':
      return 'within';
    case 'oldest':
      return `oldest ${reason.rule}`;
    default:
      return `${reason.kind} ${reason.period}`;
  }
}

function kept(times: readonly string[], rules: KeepRules): Record<string, string[]> {
  const found = keptByRules(times.map(backup), rules);
  return Object.fromEntries([...found].map(([name, reasons]) => [name, reasons.map(format)]));
}

describe('rules that keep backups', () => {
  it.each<[string, string[], KeepRules, Record<string, string[]>]>([
    ['nothing without a rule', ['2026-11-21T08:00'], {}, {}],
    ['nothing of nothing', [], { last: 3, hourly: 1, daily: 1, weekly: 1, monthly: 1, withinMs: 1 }, {}],
    [
      'the newest ones, whatever order they come in',
      ['2026-11-20T08:00', '2026-11-21T08:00', '2026-11-19T08:00'],
      { last: 2 },
      { '2026-11-21T08:00': ['last 1'], '2026-11-20T08:00': ['last 2'] },
    ],
    [
      'the newest of each hour',
      ['2026-11-21T10:59', '2026-11-21T10:00', '2026-11-21T09:59', '2026-11-21T08:30'],
      { hourly: 2 },
      { '2026-11-21T10:59': ['hourly 2026-11-21T10'], '2026-11-21T09:59': ['hourly 2026-11-21T09'] },
    ],
    [
      'so many days that have a backup, not so many days of the calendar',
      ['2026-11-21T08:00', '2026-11-01T08:00', '2026-06-01T08:00', '2026-05-01T08:00'],
      { daily: 3 },
      {
        '2026-11-21T08:00': ['daily 2026-11-21'],
        '2026-11-01T08:00': ['daily 2026-11-01'],
        '2026-06-01T08:00': ['daily 2026-06-01'],
      },
    ],
    [
      'weeks from Monday to Sunday',
      ['2026-11-23T00:00', '2026-11-22T23:59', '2026-11-16T00:00', '2026-11-15T23:59'],
      { weekly: 2 },
      { '2026-11-23T00:00': ['weekly 2026-W48'], '2026-11-22T23:59': ['weekly 2026-W47'] },
    ],
    [
      'a week over the turn of a year as one',
      ['2027-01-03T12:00', '2026-12-28T12:00', '2026-12-27T12:00'],
      { weekly: 5 },
      {
        '2027-01-03T12:00': ['weekly 2026-W53'],
        '2026-12-27T12:00': ['weekly 2026-W52', 'oldest weekly'],
      },
    ],
    [
      'months',
      ['2026-11-21T08:00', '2026-11-01T00:00', '2026-10-31T23:59', '2025-10-31T08:00'],
      { monthly: 2 },
      { '2026-11-21T08:00': ['monthly 2026-11'], '2026-10-31T23:59': ['monthly 2026-10'] },
    ],
    [
      'the oldest too, as long as there are fewer periods than may be kept',
      ['2026-11-21T20:00', '2026-11-21T08:00', '2026-11-20T20:00', '2026-11-20T08:00'],
      { daily: 3 },
      {
        '2026-11-21T20:00': ['daily 2026-11-21'],
        '2026-11-20T20:00': ['daily 2026-11-20'],
        '2026-11-20T08:00': ['oldest daily'],
      },
    ],
    [
      'for a period its newest complete one, or else its newest',
      ['2026-11-21T20:00!', '2026-11-21T08:00', '2026-11-20T20:00!', '2026-11-20T08:00!'],
      { daily: 2 },
      { '2026-11-21T08:00': ['daily 2026-11-21'], '2026-11-20T20:00!': ['daily 2026-11-20'] },
    ],
    [
      'what is younger than the newest by less than a time',
      ['2026-11-21T08:00', '2026-11-20T08:01', '2026-11-20T08:00', '2026-11-20T07:59'],
      { withinMs: 24 * hourMs },
      { '2026-11-21T08:00': ['within'], '2026-11-20T08:01': ['within'] },
    ],
    [
      'by each rule for itself, and says so',
      ['2026-11-21T08:00', '2026-11-20T08:00', '2026-10-20T08:00'],
      { last: 1, daily: 1, monthly: 2, withinMs: 25 * hourMs },
      {
        '2026-11-21T08:00': ['last 1', 'daily 2026-11-21', 'monthly 2026-11', 'within'],
        '2026-11-20T08:00': ['within'],
        '2026-10-20T08:00': ['monthly 2026-10'],
      },
    ],
  ])('keep %s', (_, times, rules, expected) => {
    expect(kept(times, rules)).toEqual(expected);
  });

  it('count hours and days of UTC, also where clocks are put forward and back', () => {
    // Berlin has no 02:30 on 2026-03-29 and two of them on 2026-10-25.
    for (const day of ['2026-03-29', '2026-10-25']) {
      const hourly = ['00:30', '01:30', '02:30', '03:30'].map((time) => `${day}T${time}`);
      expect(Object.keys(kept(hourly, { hourly: 4 }))).toHaveLength(4);
      expect(Object.keys(kept([`${day}T00:00`, `${day}T23:59`], { daily: 1 }))).toEqual([`${day}T23:59`]);
    }
  });

  it('take for complete what was read whole, only later than the rest', () => {
    const shortfalls = [{ kind: 'later', type: 'nodes.metrics.k8s.io', reason: 'its own revisions' }] as const;
    expect(isComplete(sampleSummary('a', { shortfalls }))).toBe(true);
    expect(isComplete(sampleSummary('a', partial))).toBe(false);
  });
});
