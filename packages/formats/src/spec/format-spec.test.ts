import { presetAll, presetInfra, type Selection } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { specDialects, type BackupSpec, type SpecDialect } from './backup-spec.ts';
import { formatSpec } from './format-spec.ts';
import { parseSpecs } from './parse-spec.ts';

function spec(selection: Selection, more: Partial<BackupSpec> = {}): BackupSpec {
  return { name: 'mine', dialect: 'infrabackup', selection, labels: {}, notes: [], ...more };
}

/** The rules of what a dialect made of the specification. */
function reread(given: BackupSpec, dialect: SpecDialect): Selection['rules'] {
  const { documents } = formatSpec(given, dialect);
  const text = documents.map((document) => JSON.stringify(document)).join('\n---\n');
  return parseSpecs(text, 'converted').flatMap(({ selection }) =>
    selection.rules.map(({ labelSelector, ...rule }) => {
      const own = labelSelector?.replace(/,?velero\.io\/exclude-from-backup!=true/, '') ?? '';
      return { ...rule, ...(own !== '' && { labelSelector: own }) };
    }),
  );
}

const plain: Selection = {
  rules: [
    {
      ...{ includeNamespaces: ['a', 'b'], excludeResources: ['pods'], includeClusterResources: true },
      labelSelector: 'app=x',
    },
  ],
};
const exactSet: Selection = {
  preset: 'mine',
  exact: true,
  rules: [
    {
      ...{ apiVersion: 'apps/v1', includeNamespaces: ['a', '/^b/'], includeClusterResources: true },
      ...{ labelSelector: 'app=x', fieldSelector: 'metadata.name=y', excludeNoise: false },
      includeResources: ['/^Deployment$/'],
    },
    {
      ...{ apiVersion: 'v1', includeClusterResources: true, excludeNoise: false },
      ...{ includeResources: ['/./'], excludeResources: ['/^Secret$/'], names: ['/^b/'], excludeNames: ['/x$/'] },
    },
  ],
  scaleDown: [{ type: 'deployments.apps', namespace: 'a', name: 'web' }],
};

describe('a specification that is converted', () => {
  const others = specDialects.filter((dialect) => dialect !== 'resource-set');
  it.each(others)('to %s means the same, and nothing is lost', (dialect) => {
    expect(reread(spec(plain), dialect)).toEqual(plain.rules);
    const lost = formatSpec(spec(plain), dialect).lost;
    expect(lost).toEqual(dialect === 'velero-schedule' ? [expect.stringContaining('no schedule')] : []);
  });

  it.each(others)('to %s takes the presets, the two halves of infra as two', (dialect) => {
    expect(reread(spec(presetAll()), dialect)).toHaveLength(1);
    expect(reread(spec(presetInfra()), dialect)).toHaveLength(2);
  });

  it('from a ResourceSet and back is the same', () => {
    const { documents, lost } = formatSpec(spec(exactSet), 'resource-set');
    const [back] = parseSpecs(JSON.stringify(documents[0]), 'converted');
    expect(back?.selection).toEqual(exactSet);
    expect(lost).toEqual([]);
  });

  it('to our own and back is the same', () => {
    const given = spec(
      { ...exactSet, within: { labelSelector: 'a' } },
      {
        labels: { a: 'b' },
        ttlMs: 5_400_000,
        schedule: { cron: '@daily', paused: true, skipImmediately: false, useOwnerReferencesInBackup: false },
      },
    );
    const { documents } = formatSpec(given, 'infrabackup');
    expect(parseSpecs(JSON.stringify(documents[0]), 'converted')).toEqual([given]);
  });

  it('tells what is lost', () => {
    expect(formatSpec(spec(exactSet), 'velero-backup').lost).toEqual(
      expect.arrayContaining(['apiVersion', 'regular expressions', 'fieldSelector', 'names']),
    );
    expect(formatSpec(spec({ rules: [{ labelSelector: 'a in (b,c)' }] }), 'k8s-backup-target').lost).toEqual([
      'labelSelector',
    ]);
    expect(formatSpec(spec({ rules: [{ labelSelector: 'a in (b,c)' }] }), 'velero-backup').lost).toEqual([]);
  });

  it('narrows each rule where the dialect knows no narrowing of all', () => {
    const selection: Selection = {
      ...presetInfra(['x', 'y']),
      within: { includeNamespaces: ['y'], labelSelector: 'a=b' },
    };
    expect(reread(spec(selection), 'velero-backup')).toMatchObject([
      { includeNamespaces: ['y'], labelSelector: 'a=b' },
      { includeNamespaces: ['y'], labelSelector: 'a=b' },
    ]);
  });

  it('to a ResourceSet needs a cluster where it does not name versions', () => {
    expect(() => formatSpec(spec(plain), 'resource-set')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
