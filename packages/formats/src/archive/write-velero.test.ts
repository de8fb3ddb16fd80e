import { gunzipSync } from 'node:zlib';
import { backupFiles, formatRef, type Backup, type BackupWriter, type Store } from '@infrabackup/core';
import { beforeEach, expect, it } from 'vitest';
import { objectText, openMemorySpool, sourceOf, storeWith, tarballOf } from '../testing/tarballs.ts';
import { listForeign } from './list-foreign.ts';
import { openForeign } from './open-foreign.ts';
import { readTar } from './read-tar.ts';
import { writeVelero, type WriteVeleroOptions } from './write-velero.ts';

const files = backupFiles('nightly');
const writer: BackupWriter = {
  ...{ id: 'writer-1', host: 'here', pid: 1, isRunning: () => true },
  clock: { now: () => Date.parse('2026-11-21T09:00:00Z') },
};
const options: WriteVeleroOptions = { writer, errors: [], warnings: [] };

const objects = {
  'deployments.apps#v1/shop/web.json': objectText('apps/v1', 'Deployment', 'web', 'shop', { spec: { replicas: 3 } }),
  'deployments.apps#v1/shop/api.json': objectText('apps/v1', 'Deployment', 'api', 'shop'),
  'namespaces.#v1/shop.json': objectText('v1', 'Namespace', 'shop'),
};

let backup: Backup;
let store: Store;
beforeEach(async () => {
  const archive = sourceOf(await tarballOf(Object.entries(objects)));
  const found = { kind: 'tarball', archive } as const;
  backup = (await openForeign(found, { openSpool: openMemorySpool, namespace: 'default' }))!;
  store = await storeWith({});
});

const readBeside = async (file: string): Promise<unknown> =>
  JSON.parse(gunzipSync(await store.read(`${files.folder}nightly-${file}`)).toString());

it('lays each object down twice, also under its version, behind the version of the format', async () => {
  expect(await writeVelero(backup, store, 'nightly', options)).toBe(3);
  const tarball = { name: 'nightly.tar.gz', sizeBytes: 1 << 20, signal: undefined };
  const entries = await Array.fromAsync(readTar(store.stream(files.archive), tarball));
  const web = objects['deployments.apps#v1/shop/web.json'];
  expect(entries.map(({ path }) => path)).toEqual([
    'metadata/version',
    'resources/deployments.apps/namespaces/shop/api.json',
    'resources/deployments.apps/v1-preferredversion/namespaces/shop/api.json',
    'resources/deployments.apps/namespaces/shop/web.json',
    'resources/deployments.apps/v1-preferredversion/namespaces/shop/web.json',
    'resources/namespaces/cluster/shop.json',
    'resources/namespaces/v1-preferredversion/cluster/shop.json',
  ]);
  expect(entries.map(({ bytes }) => bytes.toString())).toEqual(expect.arrayContaining(['1.1.0\n', web]));
});

it('says beside it what is in it and what was told of it, as Velero does, and leaves nothing of ours', async () => {
  await writeVelero(backup, store, 'nightly', { ...options, errors: ['pods are missing'] });
  expect(await readBeside('resource-list.json.gz')).toEqual({
    'apps/v1/Deployment': ['shop/api', 'shop/web'],
    'v1/Namespace': ['shop'],
  });
  expect(await readBeside('results.gz')).toEqual({ errors: { velero: ['pods are missing'] }, warnings: {} });
  const keys = (await Array.fromAsync(store.list(''))).map(({ key }) => key.replace(files.folder, ''));
  expect(keys).toEqual([
    'nightly-itemoperations.json.gz',
    'nightly-logs.gz',
    'nightly-podvolumebackups.json.gz',
    'nightly-resource-list.json.gz',
    'nightly-results.gz',
    'nightly-volumeinfo.json.gz',
    'nightly-volumesnapshots.json.gz',
    'nightly.tar.gz',
    'velero-backup.json',
  ]);
});

it('is a finished backup of Velero that never expires, which we read as one', async () => {
  await writeVelero(backup, store, 'nightly', options);
  const head = JSON.parse((await store.read(files.velero)).toString()) as { status: { expiration?: string } };
  expect(head).toMatchObject({ metadata: { name: 'nightly' }, status: { phase: 'Completed', formatVersion: '1.1.0' } });
  expect(head.status.expiration).toBeUndefined();
  expect((await listForeign(store, { folders: ['nightly'], files: [] })).map(({ name }) => name)).toEqual(['nightly']);
  const found = { kind: 'stored', store, name: 'nightly', files } as const;
  const back = (await openForeign(found, { openSpool: openMemorySpool, namespace: 'default' }))!;
  const refs = async (of: Backup): Promise<readonly string[]> => (await Array.fromAsync(of.entries())).map(formatRef);
  expect(await refs(back)).toEqual(await refs(backup));
});

it('leaves a name alone that is taken', async () => {
  await store.create(files.velero, Buffer.from('{}'));
  await expect(writeVelero(backup, store, 'nightly', options)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  expect(await Array.fromAsync(store.listNames('backups/'))).toEqual(['nightly']);
  expect((await store.read(files.velero)).toString()).toBe('{}');
});

it('leaves nothing behind when an object cannot be read', async () => {
  const broken: Backup = {
    ...backup,
    // eslint-disable-next-line require-yield, @typescript-eslint/require-await
    async *readMany() {
      throw new Error('locked');
    },
  };
  await expect(writeVelero(broken, store, 'nightly', options)).rejects.toThrow('locked');
  expect(await Array.fromAsync(store.list(''))).toEqual([]);
});
