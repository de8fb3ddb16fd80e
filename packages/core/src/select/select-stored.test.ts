import { describe, expect, test } from 'vitest';
import type { TypeSummary } from '../archive/summary.ts';
import { rawObject } from '../object/object-scanner.ts';
import { sampleType } from '../testing/sample-backup.ts';
import { selectStored } from './select-stored.ts';
import type { Selection } from './selection.ts';

const stored = (group: string, plural: string, namespaces?: Record<string, number>): TypeSummary => {
  return {
    ...sampleType(group, plural, namespaces !== undefined),
    count: 1,
    sizeBytes: 1,
    namespaces: namespaces ?? {},
  };
};
const header = {
  types: [stored('', 'configmaps', { shop: 1 }), stored('', 'namespaces'), stored('', 'events', { shop: 1 })],
};
const later = { types: [stored('apps', 'deployments', { billing: 1 })] };

const select = (selection: Selection): ReturnType<typeof selectStored> => selectStored(selection, [header, later]);
const configMap = { type: 'configmaps', namespace: 'shop', name: 'web' };

describe('a selection among the objects of backups', () => {
  test('knows the types and the namespaces of all of them', () => {
    const selection = select({ rules: [{ includeNamespaces: ['bill*'] }] });
    expect(selection.includes({ type: 'deployments.apps', namespace: 'billing', name: 'web' })).toBe(true);
    expect(selection.includes(configMap)).toBe(false);
  });

  test('does not ask what is noise again: what lies in a backup was wanted', () => {
    const selection = select({ rules: [{}] });
    expect(selection.types).toEqual(['configmaps', 'deployments.apps', 'events', 'namespaces']);
    expect(selection.includes({ type: 'events', namespace: 'shop', name: 'x' })).toBe(true);
  });

  test('brings the Namespace of a selected namespace, and no other', () => {
    const selection = select({ rules: [{ includeNamespaces: ['shop'] }] });
    expect(selection.includes({ type: 'namespaces', name: 'shop' })).toBe(true);
    expect(selection.includes({ type: 'namespaces', name: 'billing' })).toBe(false);
  });

  test('asks the objects only for labels', () => {
    const byName = select({ rules: [{ names: ['web'] }] });
    expect([byName.asksLabels('configmaps'), byName.includes({ ...configMap, name: 'db' })]).toEqual([false, false]);

    const byLabel = select({ rules: [{ labelSelector: 'app=web' }], within: { excludeNames: ['db'] } });
    const labelled = (name: string, app: string): boolean =>
      byLabel.matches(
        'configmaps',
        rawObject(Buffer.from(JSON.stringify({ metadata: { name, namespace: 'shop', labels: { app } } }))),
      );
    expect([byLabel.asksLabels('configmaps'), byLabel.includes(configMap)]).toEqual([true, true]);
    expect([labelled('a', 'web'), labelled('a', 'db'), labelled('db', 'web')]).toEqual([true, false, false]);
  });

  test('knows nothing of types that no backup has', () => {
    expect(() => select({ rules: [{ includeResources: ['widgets'] }] })).toThrow(
      expect.objectContaining({ code: 'TYPE_UNKNOWN' }),
    );
    expect(select({ rules: [{}] }).includes({ type: 'widgets', namespace: 'shop', name: 'x' })).toBe(false);
  });
});
