import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createBackup,
  planBackup,
  presetAll,
  rawObject,
  type ClusterReader,
  type RawObject,
  type ResourceType,
} from '@infrabackup/core';
import { backupWriter, openDiskSpool, openFileStore } from '@infrabackup/storage';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['get', 'list'],
  subresources: [],
  servedVersions: ['v1'],
};

/** Writes a backup of so many ConfigMaps in namespace `many`, of a cluster that exists only here: a real one takes minutes. */
export async function backUpMany(dataHome: string, name: string, count: number): Promise<void> {
  const object = (index: number): RawObject => {
    const metadata = { name: `object-${String(index).padStart(6, '0')}`, namespace: 'many', uid: `uid-${index}` };
    return rawObject(Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} })));
  };
  const reader: ClusterReader = {
    identity: () => Promise.resolve({ version: 'v1.36.3', server: 'https://127.0.0.1:6443', context: 'many' }),
    discover: () => Promise.resolve({ types: [configMaps], failures: [] }),
    currentRevision: () => Promise.resolve('1'),
    count: () => Promise.resolve(count),
    get: () => Promise.resolve(undefined),
    async *list() {
      const pageSize = 1_000;
      for (let from = 0; from < count; from += pageSize) {
        const objects = Array.from({ length: Math.min(pageSize, count - from) }, (_, index) => object(from + index));
        yield await Promise.resolve({ objects, revision: '1' });
      }
    },
  };
  const clock = { now: () => Date.now() };
  await createBackup(await planBackup(reader, presetAll()), {
    reader,
    store: openFileStore(join(dataHome, 'infrabackup')),
    name,
    tool: 'infrabackup test',
    openSpool: () => openDiskSpool(tmpdir()),
    writer: backupWriter(clock),
  });
}
