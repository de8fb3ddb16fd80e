import { describe, expect, it } from 'vitest';
import type { ClusterReader, ListRequest } from '../cluster/reader.ts';
import { isAppError } from '../errors/app-error.ts';
import { rawObject } from '../object/object-scanner.ts';
import type { ResourceType } from '../object/resource-type.ts';
import { presetAll } from '../select/presets.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { publishSample, sampleWriter } from '../testing/sample-location.ts';
import { createBackup } from './create-backup.ts';
import { planBackup } from './plan-backup.ts';

const configMaps: ResourceType = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', namespaced: true },
  ...{ shortNames: [], categories: [], subresources: [], verbs: ['list', 'get'], servedVersions: ['v1'] },
};
const settings = '{"metadata":{"name":"settings","namespace":"shop","uid":"u"}}';

/** A cluster of one object, whose lists are `list`'s. */
function clusterOf(list: ClusterReader['list']): ClusterReader {
  const unused = () => Promise.reject(new Error('nobody asks for this'));
  return {
    identity: () => Promise.resolve({ version: 'v1.36.3', server: 'https://127.0.0.1' }),
    discover: () => Promise.resolve({ types: [configMaps], failures: [] }),
    currentRevision: () => Promise.resolve('7'),
    ...{ list, count: unused, get: unused },
  };
}

async function backUp(reader: ClusterReader, store = openMemoryStore(), onSpool: () => void = () => undefined) {
  return createBackup(await planBackup(reader, presetAll()), {
    ...{ reader, store, name: 'nightly', tool: 'test', writer: sampleWriter() },
    openSpool: () => Promise.resolve({ ...memorySpool(), close: () => Promise.resolve().then(onSpool) }),
  });
}

describe('a backup', () => {
  it('is read while its name is being claimed, which takes seconds in a store without conditions', async () => {
    let asked: (() => void) | undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const reader = clusterOf(async function* () {
      await Promise.resolve();
      asked!();
      yield { objects: [rawObject(Buffer.from(settings))] };
    });
    const store = openMemoryStore();
    const create = store.create.bind(store);
    // Would wait for ever if the cluster were read only afterwards.
    store.create = async (...args) => isAsked.then(() => create(...args));
    expect(await backUp(reader, store)).toMatchObject({ name: 'nightly', types: [{ plural: 'configmaps', count: 1 }] });
  });

  it('whose name is taken stops reading, leaves everything as it was, and says so', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'nightly');
    const before = await Array.fromAsync(store.list(''));
    let stopped = false;
    let closed = false;
    const reader = clusterOf(async function* ({ signal }: ListRequest) {
      await new Promise((resolve) => signal!.addEventListener('abort', resolve));
      stopped = true;
      yield { objects: [] };
    });
    const error = await backUp(reader, store, () => (closed = true)).catch((thrown: unknown) => thrown);
    expect(isAppError(error, 'BACKUP_EXISTS')).toBe(true);
    expect([stopped, closed]).toEqual([true, true]);
    expect(await Array.fromAsync(store.list(''))).toEqual(before);
  });

  it('that cannot be read leaves its name free', async () => {
    const store = openMemoryStore();
    const reader = clusterOf(() => {
      throw new Error('the cluster is gone');
    });
    await expect(backUp(reader, store)).rejects.toThrow('the cluster is gone');
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });
});
