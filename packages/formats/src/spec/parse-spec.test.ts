import { describe, expect, it } from 'vitest';
import { parseSpecs, pickSpec } from './parse-spec.ts';

const hourMs = 3_600_000;
const read = (value: unknown): ReturnType<typeof parseSpecs> =>
  parseSpecs(typeof value === 'string' ? value : JSON.stringify(value), 'spec.yaml');
const one = (value: unknown): ReturnType<typeof pickSpec> => pickSpec(read(value), undefined, 'spec.yaml');

const allSeven = {
  include_namespaces: ['shop'],
  include_resources: ['deployments', 'configmaps'],
  exclude_namespaces: ['shop-test'],
  exclude_resources: ['pods'],
  include_cluster_resources: true,
  label_selector: { app: 'web', 'tier.io/x': 'front' },
  ttl: '10h10m10s',
};
const itsRule = {
  includeNamespaces: ['shop'],
  includeResources: ['deployments', 'configmaps'],
  excludeNamespaces: ['shop-test'],
  excludeResources: ['pods'],
  includeClusterResources: true,
  labelSelector: 'app=web,tier.io/x=front',
};
const who = { app: 'kubeflow', relation_name: 'profiles-backup', model: 'prod' };
const labels = { app: 'kubeflow', relation: 'profiles-backup', model: 'prod' };
const dashed = Object.fromEntries(Object.entries(allSeven).map(([key, value]) => [key.replaceAll('_', '-'), value]));

describe('a k8s_backup_target spec', () => {
  const dialects: Record<string, unknown> = {
    'as four flat keys': { ...who, spec: allSeven },
    'as the one entry of backup_targets': { backup_targets: [{ ...who, spec: allSeven }] },
    'as relation data, JSON in texts': { ...who, spec: JSON.stringify(allSeven) },
    'as relation data of one key': { backup_targets: JSON.stringify([{ ...who, spec: allSeven }]) },
    'with dashes': { ...who, spec: dashed },
  };
  it.each(Object.entries(dialects))('%s says all seven keys, and who asks', (_, value) => {
    const spec = one(value);
    expect(spec.selection.rules).toEqual([itsRule]);
    expect(spec.labels).toEqual(labels);
    expect(spec.ttlMs).toBe(10 * hourMs + 10 * 60_000 + 10_000);
    expect(spec.name).toBe('kubeflow:profiles-backup');
  });

  it('may be the spec alone', () => {
    expect(one(allSeven)).toMatchObject({ selection: { rules: [itsRule] }, labels: {} });
  });

  it('means all where a list is absent or null, and nothing where it is empty', () => {
    expect(one({ ...who, spec: { include_namespaces: null } }).selection.rules).toEqual([{}]);
    expect(one({ ...who, spec: { include_namespaces: [] } }).selection.rules).toEqual([{ includeNamespaces: [] }]);
  });

  it('with dashes leaves cluster-scoped objects out unless they are asked for', () => {
    expect(one({ ...who, spec: { 'include-namespaces': ['a'] } }).selection.rules[0]).toMatchObject({
      includeClusterResources: false,
    });
  });

  it('may have a schedule beside the seven keys', () => {
    const more = { schedule: '0 2 * * *', paused: true, skip_immediately: null };
    expect(one({ ...who, spec: { ...allSeven, ...more } }).schedule).toEqual({
      ...{ cron: '0 2 * * *', paused: true, skipImmediately: false, useOwnerReferencesInBackup: false },
    });
  });

  it.each([
    ['24h', 24 * hourMs],
    ['72h', 72 * hourMs],
    ['30d', 720 * hourMs],
    ['90s', 90_000],
    ['720h0m0s', 720 * hourMs],
    ['0h10m', 10 * 60_000],
  ])('has a ttl of %s', (ttl, ttlMs) => {
    expect(one({ ttl }).ttlMs).toBe(ttlMs);
  });
});

describe('a ResourceSet', () => {
  const set = (...resourceSelectors: object[]): unknown => ({
    apiVersion: 'resources.cattle.io/v1',
    kind: 'ResourceSet',
    metadata: { name: 'rancher-set', uid: 'b4' },
    status: {},
    resourceSelectors,
    controllerReferences: [
      { apiVersion: 'apps/v1', resource: 'deployments', name: 'rancher', namespace: 'cattle-system', replicas: 3 },
    ],
  });
  const common = { includeClusterResources: true, excludeNoise: false };

  it('keeps its controllers for the restore, and selects nothing beside what it says', () => {
    const { selection } = one(set({ apiVersion: 'v1', kindsRegexp: '.' }));
    expect(selection.scaleDown).toEqual([{ type: 'deployments.apps', namespace: 'cattle-system', name: 'rancher' }]);
    expect(selection.exact).toBe(true);
    expect(selection.preset).toBe('rancher-set');
  });

  const cases: Record<string, { selector: object; rules: readonly object[] }> = {
    'all of a version where no kind is said, and excludeKinds then says nothing': {
      selector: { apiVersion: 'v1', excludeKinds: ['Secret'] },
      rules: [{ apiVersion: 'v1' }],
    },
    'a list and an expression add up, and only the expression is excluded from': {
      selector: { apiVersion: 'apps/v1', kinds: ['Deployment'], kindsRegexp: '^Dae', excludeKinds: ['Deployment'] },
      rules: [
        { apiVersion: 'apps/v1', includeResources: ['/^Deployment$/'] },
        { apiVersion: 'apps/v1', includeResources: ['/^Dae/'], excludeResources: ['/^Deployment$/'] },
      ],
    },
    'names add up likewise': {
      selector: {
        ...{ apiVersion: 'v1', kinds: ['Secret'], resourceNames: ['a'] },
        ...{ resourceNameRegexp: '^b', excludeResourceNameRegexp: 'x$' },
      },
      rules: [
        { apiVersion: 'v1', includeResources: ['/^Secret$/'], names: ['a'] },
        { apiVersion: 'v1', includeResources: ['/^Secret$/'], names: ['/^b/'], excludeNames: ['/x$/'] },
      ],
    },
    'an exclusion alone leaves all the others': {
      selector: { apiVersion: 'v1', kinds: ['Secret'], excludeResourceNameRegexp: 'x$' },
      rules: [{ apiVersion: 'v1', includeResources: ['/^Secret$/'], excludeNames: ['/x$/'] }],
    },
    'namespaces, labels and fields all have to hold': {
      selector: {
        apiVersion: 'v1',
        kindsRegexp: '^configmaps$',
        namespaces: ['a'],
        namespaceRegexp: '^cattle-',
        labelSelectors: {
          matchLabels: { app: 'x' },
          matchExpressions: [
            { key: 'tier', operator: 'In', values: ['a', 'b'] },
            { key: 'old', operator: 'DoesNotExist' },
          ],
        },
        fieldSelectors: { 'metadata.name': 'one', type: 'Opaque' },
      },
      rules: [
        {
          apiVersion: 'v1',
          includeResources: ['/^configmaps$/'],
          includeNamespaces: ['a', '/^cattle-/'],
          labelSelector: 'app=x,tier in (a,b),!old',
          fieldSelector: 'metadata.name=one,type=Opaque',
        },
      ],
    },
  };
  it.each(Object.entries(cases))('takes %s', (_, { selector, rules }) => {
    expect(one(set(selector)).selection.rules).toEqual(rules.map((rule) => ({ ...common, ...rule })));
  });
});

describe('a Velero object', () => {
  const backup = (spec: object): unknown => ({
    ...{ apiVersion: 'velero.io/v1', kind: 'Backup', metadata: { name: 'daily', labels: { team: 'a' } }, spec },
  });
  const open = 'velero.io/exclude-from-backup!=true';

  const cases: Record<string, { spec: object; rules: readonly object[] }> = {
    everything: { spec: { includedNamespaces: ['*'] }, rules: [{ labelSelector: open }] },
    'an empty list, which is none': { spec: { includedResources: [] }, rules: [{ labelSelector: open }] },
    'the older filters': {
      spec: {
        ...{ includedNamespaces: ['a*'], excludedNamespaces: ['ab'], includedResources: ['deployments.apps'] },
        ...{ excludedResources: ['pods'], includeClusterResources: false, labelSelector: { matchLabels: { x: 'y' } } },
      },
      rules: [
        {
          ...{ includeNamespaces: ['a*'], excludeNamespaces: ['ab'], includeResources: ['deployments.apps'] },
          ...{ excludeResources: ['pods'], includeClusterResources: false, labelSelector: `x=y,${open}` },
        },
      ],
    },
    'any of several selectors': {
      spec: { orLabelSelectors: [{ matchLabels: { a: 'b' } }, { matchLabels: { c: 'd' } }] },
      rules: [{ labelSelector: `a=b,${open}` }, { labelSelector: `c=d,${open}` }],
    },
    'filters by scope': {
      spec: {
        ...{ includedNamespaces: ['a'], includedClusterScopedResources: ['storageclasses'] },
        ...{ excludedNamespaceScopedResources: ['pods'] },
      },
      rules: [
        { includeNamespaces: ['a'], excludeResources: ['pods'], labelSelector: open },
        {
          includeResources: ['storageclasses'],
          includeNamespaces: [],
          includeClusterResources: true,
          labelSelector: open,
        },
      ],
    },
  };
  it.each(Object.entries(cases))('Backup: %s', (_, { spec, rules }) => {
    expect(one(backup(spec)).selection.rules).toEqual(rules);
  });

  it('Backup: keeps labels and ttl, and tells what it does not take over', () => {
    const spec = one(backup({ ttl: '720h0m0s', snapshotVolumes: true, hooks: {}, storageLocation: 'default' }));
    expect(spec).toMatchObject({ name: 'daily', labels: { team: 'a' }, ttlMs: 720 * hourMs });
    expect(spec.notes).toEqual([expect.stringContaining('snapshotVolumes')]);
  });

  it('Schedule: has its template and its time', () => {
    const spec = { schedule: '@every 6h', paused: true, template: { includedNamespaces: ['a'] } };
    expect(one({ apiVersion: 'velero.io/v1', kind: 'Schedule', metadata: { name: 's' }, spec })).toMatchObject({
      dialect: 'velero-schedule',
      schedule: { cron: '@every 6h', paused: true },
      selection: { rules: [{ includeNamespaces: ['a'] }] },
    });
  });
});

describe('a file with several', () => {
  const two = { backup_targets: ['a', 'b'].map((app) => ({ ...who, app, spec: {} })) };
  it('has one picked by its name', () => {
    expect(pickSpec(read(two), 'b:profiles-backup', 'spec.yaml').labels['app']).toBe('b');
  });
  it('is refused without a name, and the names are told', () => {
    expect(() => one(two)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('a:profiles-backup') as string }),
    );
  });
});

describe('a specification that cannot be meant is refused', () => {
  const cases: Record<string, { value: unknown; text: RegExp }> = {
    'a ttl of nonsense': { value: { ...who, spec: { ttl: 'nonsense' } }, text: /ttl/ },
    'a member that is not known': { value: { ...who, spec: { include_namespace: ['a'] } }, text: /include_namespace/ },
    'a list that is a text': { value: { ...who, spec: { include_namespaces: 'a' } }, text: /list of texts/ },
    'a label that would be another selector': {
      value: { ...who, spec: { label_selector: { app: 'a,b!=c' } } },
      text: /not a label/,
    },
    'an object of another kind': { value: { apiVersion: 'v1', kind: 'Pod', metadata: {} }, text: /v1 Pod/ },
    'an empty file': { value: '---\n', text: /nothing/ },
    'a ResourceSet without selectors': {
      value: { apiVersion: 'resources.cattle.io/v1', kind: 'ResourceSet' },
      text: /selects nothing/,
    },
    'a ResourceSet with an expression that is none': {
      value: {
        ...{ apiVersion: 'resources.cattle.io/v1', kind: 'ResourceSet' },
        resourceSelectors: [{ apiVersion: 'v1', kindsRegexp: '(' }],
      },
      text: /regular expression/,
    },
    'a Velero object with both kinds of selectors': {
      value: {
        ...{ apiVersion: 'velero.io/v1', kind: 'Backup' },
        spec: { labelSelector: { matchLabels: { a: 'b' } }, orLabelSelectors: [{ matchLabels: { c: 'd' } }] },
      },
      text: /one/,
    },
  };
  it.each(Object.entries(cases))('%s', (_, { value, text }) => {
    expect(() => one(value)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(text) as string }),
    );
  });
});
