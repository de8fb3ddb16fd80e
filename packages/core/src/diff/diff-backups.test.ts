import { describe, expect, test } from 'vitest';
import type { IndexEntry } from '../archive/index-entry.ts';
import type { StoredObject } from '../archive/member-reader.ts';
import { openBackup, type Backup } from '../archive/open-backup.ts';
import type { ArchiveHeader } from '../archive/summary.ts';
import type { Manifest } from '../object/manifest.ts';
import { compareRefs, formatRef, refKey, type ObjectRef } from '../object/ref.ts';
import { apiVersionOf, typeName, type ResourceType } from '../object/resource-type.ts';
import { selectStored } from '../select/select-stored.ts';
import type { Selection } from '../select/selection.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import { shuffled } from '../testing/random-objects.ts';
import { randomSample, sampleType, sampleTypes, writeSample, type SampleObject } from '../testing/sample-backup.ts';
import { sameContent } from './compare-manifests.ts';
import { diffBackups, type DiffBackupsOptions } from './diff-backups.ts';

const [secrets, configMaps, clusterRoles] = sampleTypes as [ResourceType, ResourceType, ResourceType];
const widgets = sampleType('example.com', 'widgets');
const definitions = sampleType('apiextensions.k8s.io', 'customresourcedefinitions', false);

const kinds: Readonly<Record<string, string>> = { secrets: 'Secret', configmaps: 'ConfigMap', widgets: 'Widget' };

function object(
  type: ResourceType,
  name: string,
  members: Record<string, unknown> = {},
  metadata: object = {},
): SampleObject {
  const namespace = type.namespaced ? 'shop' : undefined;
  const ref: ObjectRef = { type: typeName(type), ...(namespace !== undefined && { namespace }), name };
  const kind = kinds[type.plural] ?? 'Example';
  const json = JSON.stringify({
    apiVersion: apiVersionOf(type),
    kind,
    metadata: { name, namespace, ...metadata },
    ...members,
  });
  return { type, ref, json };
}

/** The backup, and the objects that were read of it, as they are read. */
interface WatchedBackup {
  readonly backup: Backup;
  readonly read: string[];
}

async function backupOf(objects: readonly SampleObject[], header: Partial<ArchiveHeader> = {}): Promise<WatchedBackup> {
  const { store } = await writeSample([...objects].sort((a, b) => compareRefs(a.ref, b.ref)));
  const backup = await openBackup(store, 'sample');
  const read: string[] = [];
  async function* watched(entries: Iterable<IndexEntry> | AsyncIterable<IndexEntry>): AsyncGenerator<StoredObject> {
    for await (const stored of backup.readMany(entries)) {
      read.push(formatRef(stored.entry));
      yield stored;
    }
  }
  return { backup: { ...backup, header: { ...backup.header, ...header }, readMany: watched }, read };
}

async function differences(
  before: WatchedBackup,
  after: WatchedBackup,
  options?: DiffBackupsOptions,
): Promise<string[]> {
  const found: string[] = [];
  for await (const { verdict, ref } of diffBackups(before.backup, after.backup, options)) {
    found.push(`${verdict} ${formatRef(ref)}`);
  }
  return found;
}

const stable = { data: { a: '1' } };

test('names what came, went and changed, in the order of backups', async () => {
  const before = await backupOf([
    object(configMaps, 'changed', stable),
    object(configMaps, 'gone', stable),
    object(configMaps, 'same', stable),
    object(clusterRoles, 'gone'),
  ]);
  const after = await backupOf([
    object(configMaps, 'changed', { data: { a: '2' } }),
    object(configMaps, 'same', stable),
    object(configMaps, 'z-new', stable),
    object(secrets, 'new'),
  ]);
  expect(await differences(before, after)).toEqual([
    'removed clusterroles.rbac.authorization.k8s.io/gone',
    'changed configmaps/changed -n shop',
    'removed configmaps/gone -n shop',
    'added configmaps/z-new -n shop',
    'added secrets/new -n shop',
  ]);
});

test('reads no object whose digests say that it is the same', async () => {
  const moved = { resourceVersion: '2', uid: 'b', managedFields: [{ manager: 'x' }] };
  const before = await backupOf([
    object(configMaps, 'a', stable, { resourceVersion: '1', uid: 'a' }),
    object(secrets, 's'),
  ]);
  const after = await backupOf([object(configMaps, 'a', stable, moved), object(secrets, 's')]);
  expect(await differences(before, after)).toEqual([]);
  expect([...before.read, ...after.read]).toEqual([]);
});

test('reads what only seems to differ, and finds it the same', async () => {
  const before = await backupOf([
    object(configMaps, 'order', { data: { a: '1', b: '2' } }),
    object(secrets, 'rewritten', { data: { a: 'MQ==' } }, { resourceVersion: '1' }),
  ]);
  const after = await backupOf([
    object(configMaps, 'order', { data: { b: '2', a: '1' } }),
    object(secrets, 'rewritten', { data: { a: 'MQ==' } }, { resourceVersion: '2' }),
  ]);
  expect(await differences(before, after)).toEqual([]);
  expect(after.read).toEqual(['configmaps/order -n shop', 'secrets/rewritten -n shop']);
});

test('finds a Secret that changed, which has no digest of its content', async () => {
  const before = await backupOf([object(secrets, 's', { data: { a: 'MQ==' } })]);
  const after = await backupOf([object(secrets, 's', { data: { a: 'Mg==' } })]);
  expect(await differences(before, after)).toEqual(['changed secrets/s -n shop']);
});

test('never takes objects of two types for one, be they the same byte for byte', async () => {
  const { json } = object(configMaps, 'twin');
  const before = await backupOf([{ ...object(configMaps, 'twin'), json }]);
  const after = await backupOf([{ ...object(secrets, 'twin'), json }]);
  expect(await differences(before, after)).toEqual(['removed configmaps/twin -n shop', 'added secrets/twin -n shop']);
});

test('reads everything where the digests were made by different tables', async () => {
  const objects = [object(configMaps, 'a', stable, { resourceVersion: '1' })];
  const before = await backupOf(objects, { contentTable: 0 });
  const after = await backupOf([object(configMaps, 'a', stable, { resourceVersion: '2' })]);
  expect(await differences(before, after)).toEqual([]);
  expect(after.read).toEqual(['configmaps/a -n shop']);
});

test('compares status only when asked to', async () => {
  const before = await backupOf([object(widgets, 'a', { status: { ready: false } })]);
  const after = await backupOf([object(widgets, 'a', { status: { ready: true } })]);
  expect(await differences(before, after)).toEqual([]);
  expect(await differences(before, after, { status: true })).toEqual(['changed widgets.example.com/a -n shop']);
});

test('compares a custom resource by the lists of its definition', async () => {
  const routes = { type: 'array', 'x-kubernetes-list-type': 'set' };
  const schema = { openAPIV3Schema: { properties: { spec: { properties: { routes } } } } };
  const crd = object(definitions, 'widgets.example.com', { spec: { versions: [{ name: 'v1', schema }] } });
  const widget = (routeList: string[]): SampleObject => object(widgets, 'a', { spec: { routes: routeList } });
  const before = await backupOf([widget(['x', 'y'])]);
  expect(await differences(before, await backupOf([crd, widget(['y', 'x'])]))).toEqual([
    'added customresourcedefinitions.apiextensions.k8s.io/widgets.example.com',
  ]);
  expect(await differences(before, await backupOf([widget(['y', 'x'])]))).toEqual([
    'changed widgets.example.com/a -n shop',
  ]);
});

describe('with a selection', () => {
  const label = (value: string): object => ({ labels: { tier: value } });
  const sides = async (): Promise<[WatchedBackup, WatchedBackup]> => [
    await backupOf([
      object(configMaps, 'front', { data: { a: '1' } }, label('front')),
      object(configMaps, 'moved', {}, label('back')),
      object(widgets, 'front', {}, label('front')),
      object(secrets, 'db', { data: { a: 'MQ==' } }),
    ]),
    await backupOf([
      object(configMaps, 'front', { data: { a: '2' } }, label('front')),
      object(configMaps, 'moved', {}, label('front')),
      object(secrets, 'db', { data: { a: 'Mg==' } }),
    ]),
  ];
  const selected = async (selection: Selection): Promise<string[]> => {
    const [before, after] = await sides();
    return differences(before, after, {
      selection: selectStored(selection, [before.backup.header, after.backup.header]),
    });
  };

  test('by type, as kubectl writes it', async () => {
    expect(await selected({ rules: [{ includeResources: ['ConfigMaps'] }] })).toEqual([
      'changed configmaps/front -n shop',
      'changed configmaps/moved -n shop',
    ]);
  });

  test('by name', async () => {
    expect(await selected({ rules: [{ names: ['fr*'] }] })).toEqual([
      'changed configmaps/front -n shop',
      'removed widgets.example.com/front -n shop',
    ]);
  });

  test('by label, of either side', async () => {
    expect(await selected({ rules: [{ labelSelector: 'tier=back' }] })).toEqual(['changed configmaps/moved -n shop']);
    expect(await selected({ rules: [{ labelSelector: 'tier' }], within: { excludeResources: ['widgets'] } })).toEqual([
      'changed configmaps/front -n shop',
      'changed configmaps/moved -n shop',
    ]);
  });

  test('by namespace, which has nothing', async () => {
    await expect(selected({ rules: [{ includeNamespaces: ['billing'] }] })).rejects.toMatchObject({
      code: 'SELECTION_EMPTY',
    });
    expect(await selected({ rules: [{ includeNamespaces: ['sh*'], includeResources: ['secrets'] }] })).toEqual([
      'changed secrets/db -n shop',
    ]);
  });
});

test.each(seeds(6))('finds what comparing every object would find, seed %i', async (seed) => {
  const random = randomFrom(seed);
  const objects = randomSample(random, 300);
  const others = objects.flatMap((sample): SampleObject[] => {
    if (random.chance(0.1)) return [];
    if (random.chance(0.7)) return [sample];
    const { metadata, ...rest } = JSON.parse(sample.json) as Manifest;
    const members = Object.fromEntries(shuffled(random, Object.entries(rest)));
    const spec = random.chance(0.3) ? { spec: 'other' } : {};
    return [{ ...sample, json: JSON.stringify({ ...members, metadata: { ...metadata, uid: 'another' }, ...spec }) }];
  });
  const kept = objects.filter(() => random.chance(0.9));
  const left = new Map(kept.map((sample) => [refKey(sample.ref), sample]));
  const right = new Map(others.map((sample) => [refKey(sample.ref), sample]));
  const expected = objects.flatMap(({ ref }) => {
    const [a, b] = [left.get(refKey(ref)), right.get(refKey(ref))];
    if (a === undefined) return b === undefined ? [] : [`added ${formatRef(ref)}`];
    if (b === undefined) return [`removed ${formatRef(ref)}`];
    const isSame = sameContent(JSON.parse(a.json) as Manifest, JSON.parse(b.json) as Manifest);
    return isSame ? [] : [`changed ${formatRef(ref)}`];
  });
  const found = await differences(await backupOf(kept), await backupOf(others));
  expect(found).toEqual(expected);
});
