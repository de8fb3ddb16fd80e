import { expect, test } from 'vitest';
import type { Selection } from '../select/selection.ts';
import { sampleSummary } from '../testing/sample-location.ts';
import type { SummaryOverrides } from '../testing/sample-location.ts';
import { veleroBackup } from './velero-backup.ts';

const backup = (overrides: SummaryOverrides = {}): { spec: object; status: object; metadata: object } =>
  JSON.parse(veleroBackup(sampleSummary('nightly', overrides))) as { spec: object; status: object; metadata: object };

test('Velero is told of a finished backup that never expires', () => {
  const { status, metadata } = backup({ expiresAt: '2026-12-21T08:30:00Z', labels: { team: 'shop' } });
  expect(metadata).toMatchObject({ name: 'nightly', namespace: 'velero', labels: { team: 'shop' } });
  expect(status).toEqual({
    version: 1,
    formatVersion: '1',
    phase: 'Completed',
    startTimestamp: '2026-11-21T08:30:00Z',
    completionTimestamp: '2026-11-21T08:30:05Z',
    progress: { totalItems: 0, itemsBackedUp: 0 },
  });
});

test('Velero is told of a backup that lacks something as one that failed in part, which it restores all the same', () => {
  const shortfalls = [{ kind: 'later', type: 'pods', reason: 'x' }] as const;
  expect(backup({ shortfalls }).status).toMatchObject({ phase: 'PartiallyFailed', errors: 1 });
});

test.each<[string, Selection['rules'], object]>([
  ['everything', [{}], {}],
  [
    'namespaces and types',
    [{ includeNamespaces: ['a'], excludeResources: ['pods'], includeClusterResources: false }],
    { includedNamespaces: ['a'], excludedResources: ['pods'], includeClusterResources: false },
  ],
  [
    'a label selector',
    [{ labelSelector: 'a=b,c!=d,e,!f,g>1' }],
    {
      labelSelector: {
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['b'] },
          { key: 'c', operator: 'NotIn', values: ['d'] },
          { key: 'e', operator: 'Exists' },
          { key: 'f', operator: 'DoesNotExist' },
        ],
      },
    },
  ],
  ['several rules, for which it has no words', [{ includeNamespaces: ['a'] }, { names: ['b'] }], {}],
])("Velero's spec says what was selected: %s", (_, rules, spec) => {
  const { storageLocation, hooks, metadata, ...said } = backup({ selection: { rules } }).spec as Record<
    string,
    unknown
  >;
  expect(said).toEqual(spec);
  expect([storageLocation, hooks, metadata]).toEqual(['default', {}, {}]);
});
