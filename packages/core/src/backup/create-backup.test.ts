import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ClusterReader, ListBatch, ListRequest } from '../cluster/reader.ts';
import { AppError } from '../errors/app-error.ts';
import { rawObject } from '../object/object-scanner.ts';
import { typeName, type ResourceType } from '../object/resource-type.ts';
import type { Selection } from '../select/selection.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { sampleType } from '../testing/sample-backup.ts';
import { sampleWriter } from '../testing/sample-location.ts';
import { createBackup } from './create-backup.ts';
import { planBackup } from './plan-backup.ts';

const everything: Selection = { rules: [{}] };
const apiServices = sampleType('apiregistration.k8s.io', 'apiservices', false);
const pods = sampleType('metrics.example.com', 'pods');

/** A cluster that serves the types, and lists as it is told. */
function cluster(
  types: readonly ResourceType[],
  list: (request: ListRequest) => AsyncIterable<ListBatch>,
  more: Partial<ClusterReader> = {},
): ClusterReader {
  return {
    identity: () => Promise.resolve({ uid: 'u', version: 'v1.36.3', server: 'https://10.1.2.3:6443' }),
    discover: () => Promise.resolve({ types, failures: [] }),
    currentRevision: () => Promise.resolve('7'),
    count: () => Promise.resolve(0),
    get: () => Promise.resolve(undefined),
    list,
    ...more,
  };
}

const object = (type: ResourceType, name: string) =>
  rawObject(
    Buffer.from(
      JSON.stringify({ apiVersion: `${type.group}/v1`, kind: type.kind, metadata: { name, namespace: 'n' } }),
    ),
  );

async function* batches(...names: readonly string[]): AsyncGenerator<ListBatch> {
  for (const name of names) {
    await turn();
    yield { objects: [object(apiServices, name)] };
  }
}

function refusing(error: Error): AsyncGenerator<ListBatch> {
  // eslint-disable-next-line require-yield -- a list that fails at once
  return (async function* () {
    await turn();
    throw error;
  })();
}

describe('a plan', () => {
  const plan = (reader: ClusterReader) => planBackup(reader, everything);

  it('asks which groups other servers serve while it asks what is served', async () => {
    const asked = Promise.withResolvers<undefined>();
    const list = (): AsyncIterable<ListBatch> => {
      asked.resolve(undefined);
      return batches('v1.metrics.example.com');
    };
    const discover = () => asked.promise.then(() => ({ types: [apiServices, pods], failures: [] }));
    const { aggregated } = await plan(cluster([], list, { discover }));
    expect([...aggregated]).toEqual([typeName(pods)]);
  });

  const failure = new AppError('CLUSTER_ERROR', 'the API server has no such thing');
  it('does without where the cluster does not serve that', async () => {
    const { aggregated, types } = await plan(cluster([pods], () => refusing(failure)));
    expect([...aggregated]).toEqual([]);
    expect(types.map(({ type }) => typeName(type))).toEqual([typeName(pods)]);
  });

  it('fails where the cluster serves that and does not tell', async () => {
    await expect(plan(cluster([pods, apiServices], () => refusing(failure)))).rejects.toBe(failure);
  });
});

describe('a backup', () => {
  it('has no more lists at work than it may, and when few are left asks for their next pages ahead', async () => {
    const types = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => sampleType(`${letter}.example.com`, 'things'));
    let atWork = 0;
    const seen = { most: 0, ahead: 0 };
    const begin = (): void => void (seen.most = Math.max(seen.most, ++atWork));
    async function* list({ type, spare }: ListRequest): AsyncGenerator<ListBatch> {
      // The plan's own.
      if (spare === undefined) return;
      begin();
      for (let page = 0; page < 4 + 20 * (type.group.charCodeAt(0) % 3); page++) {
        const isAhead = spare.take();
        if (isAhead) {
          begin();
          seen.ahead++;
        }
        await turn();
        yield { objects: [object(type, `o${page}`)] };
        if (!isAhead) continue;
        atWork--;
        spare.giveBack();
      }
      atWork--;
    }
    const reader = cluster(types, list);
    const summary = await createBackup(await planBackup(reader, everything), {
      ...{ reader, store: openMemoryStore(), openSpool: () => Promise.resolve(memorySpool()), writer: sampleWriter() },
      ...{ name: 'sample', tool: 'test', concurrency: 3 },
    });
    expect(summary.types).toHaveLength(6);
    expect(seen.most).toBe(3);
    expect(seen.ahead).toBeGreaterThan(0);
  });

  it('under a name that is taken is refused at once, and what was asked meanwhile is called off', async () => {
    const store = openMemoryStore();
    const common = { store, openSpool: () => Promise.resolve(memorySpool()), writer: sampleWriter(), tool: 'test' };
    const healthy = cluster([pods], ({ type }) => batches(...(type === pods ? ['o'] : [])));
    await createBackup(await planBackup(healthy, everything), { ...common, reader: healthy, name: 'taken' });
    let calledOff: AbortSignal | undefined;
    const silent = cluster([pods], () => batches(), {
      currentRevision: ({ signal }) => {
        calledOff = signal;
        return new Promise(() => undefined);
      },
    });
    const again = createBackup(await planBackup(silent, everything), { ...common, reader: silent, name: 'taken' });
    await expect(again).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(calledOff?.aborted).toBe(true);
  });

  it('ends with its store, though the cluster is silent', async () => {
    const store = openMemoryStore();
    const create = store.create.bind(store);
    const full = new AppError('STORE_FULL', 'there is no room');
    store.create = async (key, body, signal) => {
      if (key.endsWith('.tar.gz')) throw full;
      await create(key, body, signal);
    };
    const silent = cluster([pods], () => batches(), { currentRevision: () => new Promise(() => undefined) });
    const backup = createBackup(await planBackup(silent, everything), {
      ...{ reader: silent, store, openSpool: () => Promise.resolve(memorySpool()), writer: sampleWriter() },
      ...{ name: 'sample', tool: 'test' },
    });
    await expect(backup).rejects.toBe(full);
  });

  it('asks for its revision while it claims its name', async () => {
    const store = openMemoryStore();
    const claimed = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    const create = store.create.bind(store);
    store.create = async (key, body) => {
      await asked.promise;
      await create(key, body);
      claimed.resolve(undefined);
    };
    const currentRevision = () => {
      asked.resolve(undefined);
      return claimed.promise.then(() => '7');
    };
    const reader = cluster([pods], (request) => batches(...(request.type === pods ? ['o'] : [])), { currentRevision });
    const summary = await createBackup(await planBackup(reader, everything), {
      ...{ reader, store, openSpool: () => Promise.resolve(memorySpool()), writer: sampleWriter() },
      ...{ name: 'sample', tool: 'test' },
    });
    expect(summary.revision).toBe('7');
  });
});
