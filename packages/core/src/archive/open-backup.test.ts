import { describe, expect, test } from 'vitest';
import { backupFiles } from '../location/backup-files.ts';
import { contentDigest } from '../object/content-digest.ts';
import { rawObject } from '../object/object-scanner.ts';
import { compareRefs, formatRef } from '../object/ref.ts';
import type { Store } from '../store/store.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import { randomSample, sampleTypes, writeSample } from '../testing/sample-backup.ts';
import type { SampleObject } from '../testing/sample-backup.ts';
import { storeSource } from './archive-source.ts';
import { openArchiveFile, openBackup } from './open-backup.ts';
import type { Backup } from './open-backup.ts';

const files = backupFiles('sample');

async function archiveAlone(store: Store): Promise<Backup> {
  const { sizeBytes } = (await store.stat(files.archive))!;
  return openArchiveFile(storeSource(store, files.archive, sizeBytes));
}

/** The sample of so many objects with the store that holds it. */
async function sample(seed: number, count: number): Promise<{ objects: SampleObject[]; store: Store }> {
  const objects = randomSample(randomFrom(seed), count);
  const { store } = await writeSample(objects);
  return { objects, store };
}

const ways: readonly (readonly [string, (store: Store) => Promise<Backup>])[] = [
  ['in a store', (store) => openBackup(store, 'sample')],
  [
    'in a store without ranges',
    (store) => openBackup({ ...bound(store), capabilities: { conditionalCreate: true, rangedRead: false } }, 'sample'),
  ],
  ['as an archive alone', archiveAlone],
];

/** The store's methods as properties, to put others in their place. */
function bound(store: Store): Store {
  return {
    uri: store.uri,
    capabilities: store.capabilities,
    create: store.create.bind(store),
    replace: store.replace.bind(store),
    read: store.read.bind(store),
    stream: store.stream.bind(store),
    stat: store.stat.bind(store),
    list: store.list.bind(store),
    listNames: store.listNames.bind(store),
    remove: store.remove.bind(store),
  };
}

describe.each(ways)('a backup opened %s', (_, open) => {
  test.each(seeds(4))('has every object that was written, byte for byte and in order, seed %i', async (seed) => {
    const { objects, store } = await sample(seed, 400);
    const backup = await open(store);

    const read: string[] = [];
    for await (const { entry, bytes } of backup.readMany(backup.entries())) {
      read.push(`${formatRef(entry)} ${bytes.toString()}`);
      const raw = rawObject(bytes);
      expect(entry.content).toBe(entry.type === 'secrets' ? undefined : contentDigest(raw));
      expect(entry.uid).toBe(raw.uid ?? '');
      expect(entry.ownerUids).toEqual(raw.ownerReferences().map(({ uid }) => uid));
    }
    expect(read).toEqual(objects.map(({ ref, json }) => `${formatRef(ref)} ${json}`));
  });

  test.each(seeds(2))('finds each object by its ref alone, and none that is not there, seed %i', async (seed) => {
    const { objects, store } = await sample(seed, 300);
    const backup = await open(store);
    for (const { ref, json } of objects) {
      const entry = await backup.find(ref);
      expect(entry && compareRefs(entry, ref)).toBe(0);
      expect((await backup.read(entry!)).toString()).toBe(json);
      expect(await backup.find({ ...ref, name: `${ref.name}-not` })).toBeUndefined();
      expect(await backup.find({ ...ref, namespace: 'zzz' })).toBeUndefined();
    }
    expect(await backup.find({ type: 'aaa', name: 'x' })).toBeUndefined();
    expect(await backup.find({ type: 'zzz', name: 'x' })).toBeUndefined();
  });
});

test.each(seeds(3))('a query gives what a filter over all entries gives, seed %i', async (seed) => {
  const random = randomFrom(seed);
  const { objects, store } = await sample(seed, 4000);
  const backup = await openBackup(store, 'sample');
  expect(backup.summary.index.blocks.length).toBeGreaterThan(5);
  for (let i = 0; i < 40; i++) {
    const types = random.chance(0.5)
      ? ['secrets', 'deployments.apps', 'clusterroles.rbac.authorization.k8s.io']
      : undefined;
    const namespaces = random.chance(0.6) ? random.pick([['a'], ['a-b', 'kube-system'], ['none'], []]) : undefined;
    const name = random.chance(0.4) ? random.pick(objects).ref.name : undefined;
    const found = await Array.fromAsync(backup.entries({ types, namespaces, name }), formatRef);
    const expected = objects.filter(
      ({ ref }) =>
        (types?.includes(ref.type) ?? true) &&
        (namespaces === undefined || (ref.namespace !== undefined && namespaces.includes(ref.namespace))) &&
        (name === undefined || ref.name === name),
    );
    expect(found).toEqual(expected.map(({ ref }) => formatRef(ref)));
  }
});

/** The store, and the length of each part that is read of it from now on. */
function counting(store: Store): { store: Store; reads: number[] } {
  const reads: number[] = [];
  const read: Store['read'] = async (key, range, signal) => {
    const bytes = await store.read(key, range, signal);
    reads.push(bytes.length);
    return bytes;
  };
  return { store: { ...bound(store), read }, reads };
}

test('one object of many costs three requests: the summary, a block and a member', async () => {
  const type = sampleTypes.find(({ plural }) => plural === 'configmaps')!;
  const objects = Array.from({ length: 20_000 }, (_, i) => {
    const name = `map-${String(i).padStart(5, '0')}`;
    const json = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'a', uid: name },
      i,
    });
    return { type, ref: { type: 'configmaps', namespace: 'a', name }, json };
  });
  const { store } = await writeSample(objects);
  const { store: counted, reads } = counting(store);
  const backup = await openBackup(counted, 'sample');
  const entry = await backup.find({ type: 'configmaps', namespace: 'a', name: 'map-12345' });
  expect(JSON.parse((await backup.read(entry!)).toString())).toMatchObject({ i: 12_345 });
  expect(reads).toHaveLength(3);
  expect(reads.reduce((total, length) => total + length)).toBeLessThan(300_000);
});

describe('objects that are read together', () => {
  test('take few requests when they lie together, and none for what lies far between', async () => {
    const type = sampleTypes.find(({ plural }) => plural === 'configmaps')!;
    const random = randomFrom(1);
    const noise = (): string => Array.from({ length: 4_000 }, () => random.below(2 ** 31).toString(36)).join('');
    const objects = Array.from({ length: 300 }, (_, i) => {
      const name = `map-${String(i).padStart(3, '0')}`;
      const json = JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'a' },
        data: noise(),
      });
      return { type, ref: { type: 'configmaps', namespace: 'a', name }, json };
    });
    const { store, summary } = await writeSample(objects);
    const { store: counted, reads } = counting(store);
    const backup = await openBackup(counted, 'sample');
    const entries = await Array.fromAsync(backup.entries());

    reads.length = 0;
    const all = await Array.fromAsync(backup.readMany(entries), ({ bytes }) => bytes.toString());
    expect(all).toEqual(objects.map(({ json }) => json));
    expect(reads.length).toBeLessThan(2 + summary.archive.sizeBytes / 500_000);
    expect(Math.max(...reads)).toBeLessThanOrEqual(1 << 20);

    reads.length = 0;
    await Array.fromAsync(backup.readMany([entries[0]!, entries[299]!]));
    expect(reads).toEqual([entries[0]!.memberLength, entries[299]!.memberLength]);
  });

  test('come in the order that was asked for, also one twice', async () => {
    const { objects, store } = await sample(5, 200);
    const backup = await openBackup(store, 'sample');
    const entries = await Array.fromAsync(backup.entries());
    const asked = [150, 3, 3, 4, 149, 0].map((i) => i % entries.length);
    const read = backup.readMany(asked.map((i) => entries[i]!));
    expect(await Array.fromAsync(read, ({ bytes }) => bytes.toString())).toEqual(asked.map((i) => objects[i]!.json));
  });
});
