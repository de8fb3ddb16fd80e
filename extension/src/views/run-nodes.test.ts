import {
  defaultRestoreOptions,
  verdicts,
  type JournalRecord,
  type ObjectOutcome,
  type PlannedObject,
  type RunHead,
  type RunRecord,
} from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { resultsOf, runNodes, runView } from './run-nodes.ts';

const nowMs = Date.parse('2026-11-21T10:30:00Z');
const cluster = { version: 'v1.36.3', server: 'https://127.0.0.1:6443', context: 'prod' };

const planned = ['web', 'worker'].map((name): PlannedObject => {
  return {
    ref: { type: 'configmaps', namespace: 'shop', name },
    verdict: 'update',
    notes: [],
    place: { tier: 0, depth: 0 },
  };
});

const counts = Object.fromEntries(
  verdicts.map((verdict) => [verdict, verdict === 'update' ? planned.length : 0]),
) as RunRecord['plan']['counts'];

function run(
  head: Partial<RunHead>,
  outcomes: readonly ObjectOutcome[],
  more: Partial<Pick<RunRecord, 'isOpen'>> & { readonly isFinished?: boolean } = {},
): RunRecord {
  const results = outcomes.map((outcome, object): JournalRecord => {
    const reason = outcome === 'left' && ({ reason: { kind: 'moved', now: 'changed' } } as const);
    return { kind: 'result', object, result: { outcome, notes: [], ...reason } };
  });
  const finished: readonly JournalRecord[] =
    more.isFinished === false ? [] : [{ kind: 'finished', at: '2026-11-21T09:31:00Z' }];
  return {
    head: {
      ...{ id: 'run-1', kind: 'restore', startedAt: '2026-11-21T09:30:00Z', location: 'file:///srv' },
      ...{ scaleDown: [], stayDown: false },
      ...head,
    },
    plan: {
      ...{ id: head.id ?? 'run-1', key: 'key', plannedAt: '2026-11-21T09:30:00Z', cluster, otherCluster: false },
      backup: { name: 'nightly', cluster, takenAt: '2026-11-21T08:30:00Z' },
      ...{ options: defaultRestoreOptions, types: {}, objects: planned, counts },
      ...{ warnings: [], missingRights: [] },
    },
    records: [...results, ...finished],
    isOpen: more.isOpen ?? false,
  };
}

/** What is shown of each run, and the words that menus ask for. */
function shown(...runs: readonly RunRecord[]): readonly string[] {
  return runNodes(runs).map((node) => {
    const { label, description, flags } = runView(node, nowMs);
    return `${label} (${description ?? ''}) [${flags.join(' ')}]`;
  });
}

describe('rows of runs', () => {
  it.each([
    ['done', run({}, ['updated', 'updated']), 'Restore of nightly (1 hour ago · 2 updated) [run done]'],
    [
      'partial',
      run({}, ['updated', 'left']),
      'Restore of nightly (1 hour ago · 1 updated, 1 left as it was · partial) [run partial]',
    ],
    [
      'cut off',
      run({}, ['updated'], { isFinished: false }),
      'Restore of nightly (1 hour ago · 1 updated · unfinished) [run unfinished]',
    ],
    [
      'being carried out',
      run({}, [], { isFinished: false, isOpen: true }),
      'Restore of nightly (1 hour ago · nothing changed · running) [run running]',
    ],
  ])('say how a run stands that is %s', (_, record, row) => {
    expect(shown(record)).toEqual([row]);
  });

  it('say that a restore is undone, and that it is not once the undo is', () => {
    const restore = run({ id: 'r' }, ['updated', 'updated']);
    const undo = run({ id: 'u', kind: 'undo', undoes: 'r' }, ['updated', 'updated']);
    const again = run({ id: 'v', kind: 'undo', undoes: 'u' }, ['updated', 'updated']);
    const partial = run({ id: 'p', kind: 'undo', undoes: 'r' }, ['updated', 'left']);
    const undone = (...runs: readonly RunRecord[]): string =>
      runNodes(runs)
        .filter(({ undoneBy }) => undoneBy !== undefined)
        .map(({ run: { head }, undoneBy }) => `${head.id} by ${undoneBy}`)
        .join(', ');
    expect(undone(undo, restore)).toBe('r by u');
    expect(undone(again, undo, restore)).toBe('u by v');
    expect(undone(partial, restore)).toBe('');
    expect(shown(undo, restore)[0]).toMatch(/^Undo of the restore of nightly/);
    expect(shown(undo, restore)[1]).toMatch(/undone\) \[run done undone\]$/);
  });

  it('show first what was left as it was or not reached, each with its reason', () => {
    const results = (...outcomes: readonly ObjectOutcome[]): readonly string[] => {
      const [node] = runNodes([run({}, outcomes, { isFinished: false })]);
      return resultsOf(node!).map((result) => runView(result, nowMs).accessibleName);
    };
    expect(results('updated', 'left')).toEqual([
      'configmaps/worker -n shop, left as it was: somebody has changed it meanwhile',
      'configmaps/web -n shop, updated',
    ]);
    expect(results('updated')).toEqual(['configmaps/worker -n shop, not written', 'configmaps/web -n shop, updated']);
  });
});
