import {
  createBackup,
  openMemoryStore,
  planBackup,
  presetAll,
  rawObject,
  typeName,
  type ClusterReader,
  type Manifest,
  type ResourceType,
  type Spool,
  type Store,
} from '@infrabackup/core';

/** A resource type as a test writes it. */
function sampleType(group: string, kind: string, plural: string, namespaced = true): ResourceType {
  return {
    group,
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ['get', 'list', 'create', 'update', 'delete'],
    subresources: [],
    servedVersions: ['v1'],
  };
}

/** Types of a small cluster. */
const sampleTypes: readonly ResourceType[] = [
  sampleType('', 'ConfigMap', 'configmaps'),
  sampleType('', 'Namespace', 'namespaces', false),
  sampleType('', 'Secret', 'secrets'),
  sampleType('apps', 'Deployment', 'deployments'),
];

/** Objects of one type, made one by one while they are listed. */
export type SampleObjects = Readonly<Record<string, () => Iterable<Manifest>>>;

/** Takes a backup of a cluster that has these objects, by type name; into the store, when one is given. */
export async function sampleBackup(
  objects: SampleObjects,
  name = 'nightly',
  store: Store = openMemoryStore(),
  at = '2026-11-21T08:30:00Z',
): Promise<Store> {
  const reader = sampleReader(objects);
  await createBackup(await planBackup(reader, presetAll()), {
    reader,
    store,
    name,
    tool: 'test',
    openSpool: () => Promise.resolve(memorySpool()),
    writer: { id: name, host: 'here#00000000', pid: 1, clock: { now: () => Date.parse(at) }, isRunning: () => true },
  });
  return store;
}

/** A ConfigMap. */
export function configMap(namespace: string, name: string, data: Readonly<Record<string, string>> = {}): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, uid: `uid-${namespace}-${name}` }, data };
}

function sampleReader(objects: SampleObjects): ClusterReader {
  const listed = (type: ResourceType): Iterable<Manifest> => objects[typeName(type)]?.() ?? [];
  return {
    identity: () =>
      Promise.resolve({ uid: 'a-cluster', version: 'v1.36.3', server: 'https://127.0.0.1:6443', context: 'prod' }),
    discover: () => Promise.resolve({ types: sampleTypes, failures: [] }),
    currentRevision: () => Promise.resolve('4711'),
    count: ({ type }) => Promise.resolve([...listed(type)].length),
    get: () => Promise.resolve(undefined),
    async *list({ type }) {
      let batch: ReturnType<typeof rawObject>[] = [];
      for (const manifest of listed(type)) {
        batch.push(rawObject(Buffer.from(JSON.stringify(manifest))));
        if (batch.length < 500) continue;
        yield await Promise.resolve({ objects: batch, revision: '4711' });
        batch = [];
      }
      yield { objects: batch, revision: '4711' };
    },
  };
}

function memorySpool(): Spool {
  const chunks: Buffer[] = [];
  let whole: Buffer | undefined;
  let end = 0;
  return {
    append(bytes) {
      const offset = end;
      end += bytes.length;
      chunks.push(Buffer.from(bytes));
      whole = undefined;
      return Promise.resolve(offset);
    },
    read(offset, length) {
      whole ??= Buffer.concat(chunks);
      return Promise.resolve(whole.subarray(offset, offset + length));
    },
    async readInto(offset, into) {
      (await this.read(offset, into.length)).copy(into);
    },
    close: () => Promise.resolve(),
  };
}
