import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { interruptedStore } from '../testing/interrupted-store.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import { publishSample, sampleSummary, sampleWriter } from '../testing/sample-location.ts';
import type { SummaryOverrides } from '../testing/sample-location.ts';
import { claimBackup } from './claim-backup.ts';
import { listBackups } from './list-backups.ts';
import type { ListedBackup } from './list-backups.ts';
import { listDebris } from './list-debris.ts';
import { parseLabelSelector } from '../select/label-selector.ts';
import { executePrune, planPrune } from './prune.ts';
import type { PruneOptions } from './prune.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const past = '2026-11-21T12:00:00Z';
const future = '2026-11-21T12:00:01Z';
const later: SummaryOverrides = {
  shortfalls: [{ kind: 'later', type: 'nodes.metrics.k8s.io', reason: 'its own revisions' }],
};
const partial: SummaryOverrides = { shortfalls: [{ kind: 'unlisted', type: 'secrets', message: 'forbidden' }] };

function listed(name: string, overrides: SummaryOverrides): ListedBackup {
  return { name, summary: sampleSummary(name, overrides) };
}

function taken(day: number): SummaryOverrides {
  return { startedAt: `2026-11-${String(day).padStart(2, '0')}T08:30:00Z` };
}

function ofCluster(uid: string): SummaryOverrides {
  return { cluster: { uid, version: 'v1.36.3', server: 'https://127.0.0.1:6443' } };
}

describe('planning a prune', () => {
  it.each<[string, ListedBackup[], string[]]>([
    ['nothing of nothing', [], []],
    [
      'what has expired, not what expires later or never',
      [
        listed('expired', { expiresAt: past, ...taken(1) }),
        listed('later', { expiresAt: future, ...taken(2) }),
        listed('never', taken(3)),
      ],
      ['expired'],
    ],
    ['never the last one', [listed('only', { expiresAt: past })], []],
    [
      'the older of two that are complete',
      [listed('new', { expiresAt: past, ...taken(2) }), listed('old', { expiresAt: past, ...taken(1) })],
      ['old'],
    ],
    [
      'a newer partial one rather than the last complete one',
      [
        listed('complete', { expiresAt: past, ...taken(1) }),
        listed('partial', { expiresAt: past, ...partial, ...taken(2) }),
      ],
      ['partial'],
    ],
    [
      'the older of two that are partial when none is complete',
      [
        listed('new', { expiresAt: past, ...partial, ...taken(2) }),
        listed('old', { expiresAt: past, ...partial, ...taken(1) }),
      ],
      ['old'],
    ],
    [
      'not one that was read whole, only in part later than the rest',
      [
        listed('later', { expiresAt: past, ...later, ...taken(2) }),
        listed('complete', { expiresAt: past, ...taken(1) }),
      ],
      ['complete'],
    ],
    [
      'not the last one of a cluster beside newer ones of another',
      [
        listed('east', { expiresAt: past, ...ofCluster('east'), ...taken(1) }),
        listed('west-1', { expiresAt: past, ...ofCluster('west'), ...taken(2) }),
        listed('west-2', { expiresAt: past, ...ofCluster('west'), ...taken(3) }),
      ],
      ['west-1'],
    ],
    [
      'not an unreadable one, which protects nobody either',
      [{ name: 'broken', problem: new AppError('BACKUP_DAMAGED', 'cut off') }, listed('only', { expiresAt: past })],
      [],
    ],
  ])('removes %s', (_, backups, removed) => {
    const plan = planPrune(backups, [], now);
    expect(plan.remove.map(({ name }) => name)).toEqual(removed);
    expect([...plan.remove, ...plan.keep].map(({ name }) => name).sort()).toEqual(
      backups.map(({ name }) => name).sort(),
    );
  });

  it('says of each why it stays or goes', () => {
    const problem = new AppError('BACKUP_DAMAGED', 'cut off');
    const plan = planPrune(
      [
        listed('expired', { expiresAt: past, ...taken(1) }),
        listed('last', { expiresAt: past, ...taken(9) }),
        listed('later', { expiresAt: future, ...partial }),
        listed('never', partial),
        { name: 'broken', problem },
      ],
      [
        { name: 'debris', sizeBytes: 1, stale: true },
        { name: 'busy', sizeBytes: 1, stale: false },
      ],
      now,
    );
    expect(plan).toEqual({
      remove: [
        { name: 'debris', reason: { kind: 'debris' } },
        { name: 'expired', reason: { kind: 'expired', expiresAt: past } },
      ],
      keep: [
        { name: 'broken', reasons: [{ kind: 'unreadable', problem }] },
        { name: 'busy', reasons: [{ kind: 'busy' }] },
        { name: 'last', reasons: [{ kind: 'last-good' }] },
        { name: 'later', reasons: [{ kind: 'not-expired', expiresAt: future }] },
        { name: 'never', reasons: [{ kind: 'never-expires' }] },
      ],
    });
  });

  it('keeps by rules what they keep of each cluster, what has not expired, and says why', () => {
    const plan = planPrune(
      [
        listed('east-1', { ...ofCluster('east'), ...taken(1) }),
        listed('east-2', { ...ofCluster('east'), ...taken(2), expiresAt: past }),
        listed('east-3', { ...ofCluster('east'), ...taken(3), expiresAt: past }),
        listed('east-held', { ...ofCluster('east'), ...taken(1), expiresAt: future }),
        listed('west-1', { ...ofCluster('west'), ...taken(1), expiresAt: past }),
        listed('west-2', { ...ofCluster('west'), ...taken(1), ...partial }),
      ],
      [],
      now,
      { keep: { last: 1, daily: 2 } },
    );
    expect(plan).toEqual({
      remove: [{ name: 'east-1', reason: { kind: 'surplus' } }],
      keep: [
        { name: 'east-2', reasons: [{ kind: 'daily', period: '2026-11-02' }] },
        {
          name: 'east-3',
          reasons: [
            { kind: 'last', rank: 1 },
            { kind: 'daily', period: '2026-11-03' },
          ],
        },
        { name: 'east-held', reasons: [{ kind: 'not-expired', expiresAt: future }] },
        {
          name: 'west-1',
          reasons: [
            { kind: 'daily', period: '2026-11-01' },
            { kind: 'oldest', rule: 'daily' },
          ],
        },
        { name: 'west-2', reasons: [{ kind: 'last', rank: 1 }] },
      ],
    });
  });

  it.each<[string, PruneOptions, string[]]>([
    ['by whole names, never by a prefix', { names: ['daily', 'debris'] }, ['daily', 'debris']],
    ['by labels', { labels: parseLabelSelector('schedule=daily') }, ['daily', 'kept', 'other']],
    ['by the uid of a cluster', { clusterUid: 'a-cluster' }, ['daily', 'daily-2', 'kept', 'prod-daily']],
    ['by all of them', { names: ['daily', 'other'], clusterUid: 'other' }, ['other']],
    ['of everything', {}, ['busy', 'daily', 'daily-2', 'debris', 'kept', 'other', 'prod-daily']],
  ])('is about some backups only: %s', (_, options, names) => {
    const ofSchedule = { expiresAt: past, labels: { schedule: 'daily' } };
    const plan = planPrune(
      [
        listed('daily', { ...ofSchedule, ...taken(1) }),
        listed('daily-2', { expiresAt: past, ...taken(2), labels: { schedule: 'daily-2' } }),
        listed('kept', { ...ofSchedule, ...taken(4) }),
        listed('other', { ...ofSchedule, ...ofCluster('other'), ...taken(3) }),
        listed('prod-daily', { expiresAt: past, ...taken(3) }),
      ],
      [
        { name: 'busy', sizeBytes: 1, stale: false },
        { name: 'debris', sizeBytes: 1, stale: true },
      ],
      now,
      options,
    );
    expect([...plan.remove, ...plan.keep].map(({ name }) => name).sort()).toEqual(names);
  });

  it('keeps the last good one of what it is about', () => {
    const backups = [listed('a', { expiresAt: past, ...taken(1), labels: { a: 'b' } }), listed('new', taken(2))];
    expect(planPrune(backups, [], now, { labels: parseLabelSelector('a=b') }).remove).toEqual([]);
  });

  it.each(seeds(100))('keeps the newest complete backup of every cluster that has one (seed %i)', (seed) => {
    const random = randomFrom(seed);
    const backups = Array.from({ length: random.below(20) }, (_, i) =>
      listed(`backup-${i}`, {
        ...taken(1 + random.below(20)),
        ...ofCluster(random.pick(['east', 'west', 'north'])),
        ...(random.chance(0.8) && { expiresAt: random.pick([past, future]) }),
        ...(random.chance(0.4) && partial),
      }),
    );
    const rule = (): number | undefined => (random.chance(0.3) ? random.below(4) : undefined);
    const keep = { last: rule(), hourly: rule(), daily: rule(), weekly: rule(), monthly: rule(), withinMs: rule() };
    const options = random.chance(0.5) ? {} : { keep };
    const removed = new Set(planPrune(backups, [], now, options).remove.map(({ name }) => name));
    const summaries = backups.map(({ summary }) => summary!);
    for (const uid of new Set(summaries.map(({ cluster }) => cluster.uid))) {
      const all = summaries.filter(({ cluster }) => cluster.uid === uid);
      const complete = all.filter(({ shortfalls }) => shortfalls.length === 0);
      const good = complete.length > 0 ? complete : all;
      const newest = good
        .map(({ startedAt }) => startedAt)
        .sort()
        .at(-1);
      expect(good.some(({ name, startedAt }) => startedAt === newest && !removed.has(name))).toBe(true);
    }
  });
});

describe('executing a prune', () => {
  it('removes what the plan says and leaves the rest, debris included', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'old', { expiresAt: past, ...taken(1) });
    await publishSample(store, 'new', { expiresAt: past, ...taken(2) });
    const dead = sampleWriter();
    await claimBackup(store, 'debris', { writer: dead });
    await claimBackup(store, 'busy', { writer: sampleWriter() });

    const writer = sampleWriter({ isRunning: (pid) => pid !== dead.pid });
    const plan = planPrune(
      await Array.fromAsync(listBackups(store)),
      await Array.fromAsync(listDebris(store, { writer })),
      now,
    );
    const outcomes = await Array.fromAsync(executePrune(store, plan, { writer }));
    expect(outcomes.map(({ name, problem }) => [name, problem?.code])).toEqual([
      ['debris', undefined],
      ['old', undefined],
    ]);
    expect(await Array.fromAsync(store.listNames('backups/'))).toEqual(['busy', 'new']);
  });

  it('goes on after one that cannot be removed, and takes one that is gone already for removed', async () => {
    const memory = openMemoryStore();
    for (const name of ['a', 'b', 'c', 'd']) await publishSample(memory, name, { expiresAt: past });
    const store = interruptedStore(memory, (operation, key) => {
      if (operation === 'remove' && key.startsWith('backups/b/')) throw new AppError('STORE_DENIED', 'not yours');
    });
    const reason = { kind: 'expired', expiresAt: past } as const;
    const plan = { remove: ['a', 'b', 'c', 'gone'].map((name) => ({ name, reason })), keep: [] };
    const outcomes = await Array.fromAsync(executePrune(store, plan, { writer: sampleWriter() }));
    expect(outcomes.map(({ name, problem }) => [name, problem?.code])).toEqual([
      ['a', undefined],
      ['b', 'STORE_DENIED'],
      ['c', undefined],
      ['gone', undefined],
    ]);
    expect((await Array.fromAsync(listBackups(memory))).map(({ name }) => name)).toEqual(['b', 'd']);
  });

  it('stops between two backups when it is cancelled', async () => {
    const store = openMemoryStore();
    for (const name of ['a', 'b']) await publishSample(store, name, { expiresAt: past });
    const reason = { kind: 'expired', expiresAt: past } as const;
    const plan = { remove: ['a', 'b'].map((name) => ({ name, reason })), keep: [] };
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      for await (const { name } of executePrune(store, plan, { writer: sampleWriter(), signal: stop.signal })) {
        expect(name).toBe('a');
        stop.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await Array.fromAsync(store.listNames('backups/'))).toEqual(['b']);
  });
});
