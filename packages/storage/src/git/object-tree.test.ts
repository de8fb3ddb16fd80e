import { describe, expect, it } from 'vitest';
import type { BackupSummary, Selection } from '@infrabackup/core';
import { goneObjects } from './object-tree.ts';

const base = new Map(
  [
    'objects/shop/configmaps/kept.yaml',
    'objects/shop/configmaps/lost.yaml',
    'objects/bank/configmaps/lost.yaml',
    'objects/cluster/namespaces/old.yaml',
    'objects/shop/widgets.example.com/w.yaml',
    'objects/shop/secrets/s.yaml',
    'backups/x/x-summary.json',
  ].map((path) => [path, `id of ${path}`]),
);
const labelled = new Map([
  [
    'id of objects/shop/configmaps/lost.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost, labels: {tier: web}}',
  ],
  [
    'id of objects/bank/configmaps/lost.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost, labels: {tier: db}}',
  ],
]);

function typed(plural: string, namespaced = true): BackupSummary['types'][number] {
  const names = { plural, kind: plural, singular: '', shortNames: [], categories: [], subresources: [] };
  const served = { group: '', version: 'v1', verbs: ['list'], servedVersions: ['v1'] };
  return { ...names, ...served, namespaced, count: 0, sizeBytes: 0, namespaces: {} };
}

async function gone(
  selection: Selection,
  shortfalls: BackupSummary['shortfalls'] = [],
  plurals = ['configmaps', 'secrets'],
): Promise<readonly string[]> {
  const types = [...plurals.map((plural) => typed(plural)), typed('namespaces', false)];
  const summary = { selection, shortfalls, types } as unknown as BackupSummary;
  const found = new Map([['objects/shop/configmaps/kept.yaml', 'another id']]);
  return goneObjects(summary, base, found, () => Promise.resolve(labelled));
}

const everything: Selection = { rules: [{}] };

describe('of the readable tree go', () => {
  it('all that a backup of everything did not find, definitions that went with theirs included', async () => {
    expect(await gone(everything)).toEqual([
      'objects/shop/configmaps/lost.yaml',
      'objects/bank/configmaps/lost.yaml',
      'objects/cluster/namespaces/old.yaml',
      'objects/shop/widgets.example.com/w.yaml',
      'objects/shop/secrets/s.yaml',
    ]);
  });

  it('only those that it asked for: of one namespace', async () => {
    expect(await gone({ rules: [{ includeNamespaces: ['shop'] }] })).toEqual([
      'objects/shop/configmaps/lost.yaml',
      'objects/shop/widgets.example.com/w.yaml',
      'objects/shop/secrets/s.yaml',
    ]);
  });

  it('only those that it asked for: of some types', async () => {
    expect(await gone({ rules: [{ excludeResources: ['secrets', 'widgets.example.com', 'namespaces'] }] })).toEqual([
      'objects/shop/configmaps/lost.yaml',
      'objects/bank/configmaps/lost.yaml',
    ]);
  });

  it('only those that it asked for: by their labels', async () => {
    expect(await gone({ rules: [{ includeResources: ['configmaps'], labelSelector: 'tier=web' }] })).toEqual([
      'objects/shop/configmaps/lost.yaml',
    ]);
  });

  it('none that it could not read', async () => {
    const message = 'no';
    expect(
      await gone(everything, [
        { kind: 'unlisted', type: 'configmaps', namespace: 'bank', message },
        { kind: 'unlisted', type: 'secrets', message },
        { kind: 'undiscovered', groupVersion: 'example.com/v1', message },
      ]),
    ).toEqual(['objects/shop/configmaps/lost.yaml', 'objects/cluster/namespaces/old.yaml']);
  });
});
