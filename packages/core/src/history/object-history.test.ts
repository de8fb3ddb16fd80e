import { expect, test } from 'vitest';
import type { BackupHeader } from '../archive/summary.ts';
import { backupFiles } from '../location/backup-files.ts';
import { compareRefs, type ObjectRef } from '../object/ref.ts';
import { typeName, type ResourceType } from '../object/resource-type.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { sampleType, sampleTypes, writeSample, type SampleObject } from '../testing/sample-backup.ts';
import { summarizeChanges } from '../diff/summarize-changes.ts';
import { historyOf, type ObjectHistory } from './object-history.ts';
import { openBackups } from './open-backups.ts';

const [secrets, configMaps] = sampleTypes as [ResourceType, ResourceType];
const widgets = sampleType('example.com', 'widgets');
const web: ObjectRef = { type: 'configmaps', namespace: 'shop', name: 'web' };

function object(type: ResourceType, members: Record<string, unknown>, metadata: object = {}): SampleObject {
  const kind = type === secrets ? 'Secret' : 'Example';
  const json = {
    apiVersion: type === widgets ? 'example.com/v1' : 'v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', uid: '1', ...metadata },
    ...members,
  };
  return { type, ref: { ...web, type: typeName(type) }, json: JSON.stringify(json) };
}
const config = (value: string, metadata?: object): SampleObject => object(configMaps, { data: { value } }, metadata);
/** Keeps the type, and its namespace, in backups that do not have the object. */
const other: SampleObject = {
  type: configMaps,
  ref: { ...web, name: 'other' },
  json: '{"apiVersion":"v1","kind":"Example","metadata":{"name":"other","namespace":"shop"}}',
};

/** A location with a backup a day, from the first of November on; undefined for a day without the object. */
async function location(
  days: readonly (SampleObject | undefined)[],
  header: (day: number) => Partial<BackupHeader> = () => ({}),
): Promise<Store> {
  const store = openMemoryStore();
  for (const [index, object] of days.entries()) {
    const day = index + 1;
    const startedAt = `2026-11-${String(day).padStart(2, '0')}T00:00:00Z`;
    // Names sort otherwise than times.
    const name = `day-${day}`;
    const objects = [other, ...(object === undefined ? [] : [object])].sort((a, b) => compareRefs(a.ref, b.ref));
    await writeSample(objects, { store, name, header: { startedAt, ...header(day) } });
  }
  return store;
}

async function historiesIn(store: Store, ref = web): Promise<readonly ObjectHistory[]> {
  const { histories, problems } = await historyOf((await openBackups(store)).backups, ref);
  expect(problems).toEqual([]);
  return histories;
}

/** Each span in a line, the newest first: `day-3..day-5 (3) data.value 1 -> 2`. */
async function lines(store: Store, ref = web): Promise<string[]> {
  const [history, ...others] = await historiesIn(store, ref);
  expect(others).toEqual([]);
  const found: string[] = [];
  for await (const { span, before, changes } of history?.steps() ?? []) {
    const run = `${span.first.name}..${span.last.name} (${span.backups})`;
    const what = span.kind === 'absent' ? 'absent' : before === undefined ? 'came' : summarizeChanges(changes);
    const recreated = span.kind === 'version' && span.recreated ? 'recreated' : '';
    found.push([run, what, recreated].filter((word) => word !== '').join(' '));
  }
  return found;
}

test('tells the versions of an object, the newest first, each with its backups and what changed', async () => {
  const days = [
    config('1'),
    config('1', { resourceVersion: '9' }),
    ...Array.from({ length: 8 }, () => config('2')),
    config('1'),
  ];
  expect(await lines(await location(days))).toEqual([
    'day-11..day-11 (1) data.value 2 -> 1',
    'day-3..day-10 (8) data.value 1 -> 2',
    'day-1..day-2 (2) came',
  ]);
});

test('tells versions of one second in the order of the cluster, whatever the backups are called', async () => {
  const header = (day: number): Partial<BackupHeader> => {
    return { startedAt: '2026-11-01T00:00:00Z', revision: String(1_000 - day) };
  };
  const store = await location([config('4'), config('3'), config('2'), config('1')], header);
  expect(await lines(store)).toEqual([
    'day-1..day-1 (1) data.value 3 -> 4',
    'day-2..day-2 (1) data.value 2 -> 3',
    'day-3..day-3 (1) data.value 1 -> 2',
    'day-4..day-4 (1) came',
  ]);
});

test('tells when it was gone and came again, and says nothing of the time before it came', async () => {
  const days = [undefined, config('1'), undefined, undefined, config('1'), undefined];
  expect(await lines(await location(days))).toEqual([
    'day-6..day-6 (1) absent',
    'day-5..day-5 (1) came recreated',
    'day-3..day-4 (2) absent',
    'day-2..day-2 (1) came',
  ]);
});

test('tells an object that was deleted and created between two backups from one that stayed', async () => {
  expect(await lines(await location([config('1'), config('1', { uid: '2' }), config('2', { uid: '2' })]))).toEqual([
    'day-3..day-3 (1) data.value 1 -> 2',
    'day-2..day-2 (1) recreated',
    'day-1..day-1 (1) came',
  ]);
});

test('does not take an object for gone that the backup did not look for', async () => {
  const leftOut: Record<string, Partial<BackupHeader>> = {
    'by its namespaces': {
      selection: { rules: [{ includeNamespaces: ['billing', 'shop'], excludeNamespaces: ['shop'] }] },
    },
    'by its types': { selection: { rules: [{ includeResources: ['secrets'] }] } },
    'by its names': { selection: { rules: [{ names: ['other'] }] } },
    'by labels that nobody knows any more': { selection: { rules: [{ labelSelector: 'app=x' }] } },
    'because the type could not be listed': {
      shortfalls: [{ kind: 'unlisted', type: 'configmaps', message: 'forbidden' }],
    },
  };
  for (const header of Object.values(leftOut)) {
    const store = await location([config('1'), undefined, config('1')], (day) => (day === 2 ? header : {}));
    expect(await lines(store)).toEqual(['day-1..day-3 (2) came']);
  }
  const looked = { selection: { rules: [{ includeNamespaces: ['shop'] }] } };
  const store = await location([config('1'), undefined, config('1')], (day) => (day === 2 ? looked : {}));
  expect(await lines(store)).toHaveLength(3);
});

test('finds a Secret the same although no digest says so, and never shows its values', async () => {
  const secret = (value: string, resourceVersion: string): SampleObject =>
    object(secrets, { data: { value } }, { resourceVersion });
  const store = await location([secret('MQ==', '1'), secret('MQ==', '2'), secret('Mg==', '3')]);
  expect(await lines(store, { ...web, type: 'secrets' })).toEqual([
    'day-3..day-3 (1) ~data.value',
    'day-1..day-2 (2) came',
  ]);
});

test('finds the runs by the indexes alone where their digests tell, also that of a Secret that nobody wrote', async () => {
  for (const type of [configMaps, secrets]) {
    const same = object(type, { data: { value: 'MQ==' } });
    const store = await location([same, same, same]);
    for (const { summary } of (await openBackups(store)).backups) {
      await store.replace(backupFiles(summary.name).archive, Buffer.alloc(summary.archive.sizeBytes));
    }
    const [history] = await historiesIn(store, same.ref);
    expect(history?.spans.map(({ backups }) => backups)).toEqual([3]);
  }
});

test('takes another order of keys for the same version', async () => {
  const store = await location([
    object(configMaps, { data: { a: '1', b: '2' } }),
    object(configMaps, { data: { b: '2', a: '1' } }),
  ]);
  expect(await lines(store)).toEqual(['day-1..day-2 (2) came']);
});

test('keeps the objects of two clusters in one location apart', async () => {
  const server = 'https://127.0.0.1:6443';
  const cluster = (day: number): Partial<BackupHeader> => ({
    cluster: { uid: day % 2 === 0 ? 'even' : 'odd', version: 'v1.36.3', server },
  });
  const store = await location([config('1'), config('2'), config('1'), config('2')], cluster);
  const spans = (await historiesIn(store)).map((history) => [
    history.cluster.uid,
    history.spans.length,
    history.spans[0]?.backups,
  ]);
  expect(spans).toEqual([
    ['odd', 1, 2],
    ['even', 1, 2],
  ]);
});

test('an object that no backup has has no history', async () => {
  expect(await historiesIn(await location([undefined, undefined]))).toEqual([]);
});

test('a backup that cannot be read is named, and the others are read', async () => {
  const store = await location([config('1'), config('2')]);
  await store.replace(backupFiles('day-1').summary, Buffer.from('{'));
  const { backups, problems } = await openBackups(store);
  expect(backups.map(({ summary }) => summary.name)).toEqual(['day-2']);
  expect(problems).toMatchObject([{ name: 'day-1', problem: { code: 'BACKUP_DAMAGED' } }]);
});

test('a backup whose index is damaged is named, and the others make the history', async () => {
  const store = await location([config('1'), config('2')]);
  const { index } = backupFiles('day-2');
  await store.replace(index, (await store.read(index)).fill(0));
  const { histories, problems } = await historyOf((await openBackups(store)).backups, web);
  expect(histories.map(({ spans }) => spans.map((span) => span.last.name))).toEqual([['day-1']]);
  expect(problems).toMatchObject([{ name: 'day-2', problem: { code: 'BACKUP_DAMAGED' } }]);
});
