import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createArchiveWriter, type ArchiveWriter } from '../archive/archive-writer.ts';
import type { SegmentStats } from '../archive/open-segments.ts';
import { openBackup } from '../archive/open-backup.ts';
import type { BackupHeader } from '../archive/summary.ts';
import { verifyBackup } from '../archive/verify-backup.ts';
import { claimBackup } from '../location/claim-backup.ts';
import { rawObject } from '../object/object-scanner.ts';
import { typeName, type ResourceType } from '../object/resource-type.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { chunksOf } from '../store/store-body.ts';
import type { Store } from '../store/store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { sampleType } from '../testing/sample-backup.ts';
import { sampleSummary, sampleWriter } from '../testing/sample-location.ts';
import { publishArchive, type PublishOptions } from './publish-archive.ts';

const [configMaps, roles, secrets] = ['configmaps', 'roles', 'secrets'].map((plural) => sampleType('', plural));
const types = [configMaps!, roles!, secrets!];

/** A memory store that says how much of the archive it has been given, each time that it is written. */
function watchedStore(): { store: Store; sent: number[]; after: (sizeBytes: number) => Promise<void> } {
  const store = openMemoryStore();
  const createThere = store.create.bind(store);
  const sent: number[] = [];
  const waiting = new Set<() => void>();
  async function* watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    sent.push(0);
    for await (const chunk of body) {
      sent[sent.length - 1]! += chunk.length;
      for (const look of waiting) look();
      yield chunk;
    }
  }
  const create: Store['create'] = (key, body, signal) =>
    createThere(key, key.endsWith('.tar.gz') ? watched(chunksOf(body, signal)) : body, signal);
  return {
    store: Object.assign(store, { create }),
    sent,
    after: (sizeBytes) =>
      new Promise((resolve) => {
        const look = (): void => {
          if ((sent.at(-1) ?? 0) >= sizeBytes) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Writes objects that do not compress, about 100 kB each, in the order of the names. */
async function write(writer: ArchiveWriter, type: ResourceType, names: readonly string[]) {
  const segment = writer.segment(type);
  for (const name of names) {
    const object = { metadata: { name, namespace: 'ns' }, data: randomBytes(100_000).toString('base64') };
    segment.add(rawObject(Buffer.from(JSON.stringify(object))));
    await segment.drain();
  }
  return segment;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${String(i).padStart(4, '0')}`);

function headerOf(stats: readonly (readonly [ResourceType, SegmentStats])[]): BackupHeader {
  const {
    digest: _digest,
    archive: _archive,
    index: _index,
    completedAt: _completedAt,
    ...header
  } = sampleSummary('b');
  return { ...header, types: stats.map(([type, its]) => ({ ...type, ...its })) };
}

async function publish(
  store: Store,
  fill: (writer: ArchiveWriter, stop: AbortSignal) => Promise<BackupHeader>,
  more: Partial<PublishOptions> = {},
) {
  const writer = await createArchiveWriter({ openSpool: () => Promise.resolve(memorySpool()) });
  try {
    const held = await claimBackup(store, 'b', { writer: sampleWriter() });
    return await publishArchive(writer, {
      ...{ store, held, clock: { now: () => 0 }, signal: undefined, types: types.map(typeName) },
      fill: (stop) => fill(writer, stop),
      onWriting: () => undefined,
      ...more,
    });
  } finally {
    await writer.close();
  }
}

async function namesIn(store: Store): Promise<string[]> {
  const backup = await openBackup(store, 'b');
  return Array.fromAsync(backup.entries(), ({ type, name }) => `${type}/${name}`);
}

describe('an archive', () => {
  it('is on its way while it is written', async () => {
    const { store, sent, after } = watchedStore();
    const sizes: number[] = [];
    const summary = await publish(
      store,
      async (writer) => {
        const first = await write(writer, configMaps!, names(40));
        await after(1 << 20);
        const others = [await write(writer, roles!, names(2)), await write(writer, secrets!, names(2))];
        const stats = [first, ...others].map(async (segment, i) => [types[i]!, await segment.close()] as const);
        return headerOf(await Promise.all(stats));
      },
      { onWriting: (sizeBytes) => sizes.push(sizeBytes) },
    );
    expect(sent).toEqual([summary.archive.sizeBytes]);
    expect(sizes).toEqual(sent);
    expect(await verifyBackup(store, 'b', { digest: summary.digest })).toMatchObject({ findings: [], objects: 44 });
  });

  it('begins anew when what went of it is discarded', async () => {
    const { store, sent, after } = watchedStore();
    const summary = await publish(store, async (writer) => {
      const first = await write(writer, configMaps!, names(40));
      await after(1 << 20);
      await first.discard();
      const second = await write(writer, configMaps!, ['other']);
      return headerOf([[configMaps!, await second.close()]]);
    });
    expect(sent).toHaveLength(2);
    expect(await namesIn(store)).toEqual(['configmaps/other']);
    expect(await verifyBackup(store, 'b', { digest: summary.digest })).toMatchObject({ findings: [], objects: 1 });
  });

  it('begins anew when what went of it turns out to be in no order', async () => {
    const { store, sent, after } = watchedStore();
    const summary = await publish(store, async (writer) => {
      const segment = await write(writer, configMaps!, names(40).slice(1));
      await after(1 << 20);
      segment.add(rawObject(Buffer.from('{"metadata":{"name":"n0000","namespace":"ns"}}')));
      return headerOf([[configMaps!, await segment.close()]]);
    });
    expect(sent).toHaveLength(2);
    expect(await namesIn(store)).toEqual(names(40).map((name) => `configmaps/${name}`));
    expect(await verifyBackup(store, 'b', { digest: summary.digest })).toMatchObject({ findings: [], objects: 40 });
  });

  it('waits for a type in its turn that comes in no order, and for one that comes late', async () => {
    const { store, sent } = watchedStore();
    await publish(store, async (writer) => {
      const later = await write(writer, secrets!, names(30));
      const unordered = await write(writer, configMaps!, ['b', 'a', ...names(30)]);
      const stats = [
        [configMaps!, await unordered.close()],
        [secrets!, await later.close()],
      ] as const;
      return headerOf(stats);
    });
    expect(sent).toHaveLength(1);
    expect(await namesIn(store)).toEqual([
      ...['a', 'b', ...names(30)].map((name) => `configmaps/${name}`),
      ...names(30).map((name) => `secrets/${name}`),
    ]);
    expect((await verifyBackup(store, 'b')).findings).toEqual([]);
  });

  it('that cannot be filled leaves nothing', async () => {
    const { store, after } = watchedStore();
    const failing = publish(store, async (writer) => {
      await write(writer, configMaps!, names(40));
      await after(1 << 20);
      throw new Error('the cluster is gone');
    });
    await expect(failing).rejects.toThrow('the cluster is gone');
    expect(await Array.fromAsync(store.list(''), ({ key }) => key)).toEqual([expect.stringMatching(/claim/)]);
  });

  it('that cannot be sent is not filled to its end', async () => {
    const { store } = watchedStore();
    const full = Object.assign(new Error('full'), { code: 'STORE_FULL' });
    let reason: unknown;
    const writer = await createArchiveWriter({ openSpool: () => Promise.resolve(memorySpool()) });
    const held = await claimBackup(store, 'b', { writer: sampleWriter() });
    Object.assign(store, { create: () => Promise.reject(full) });
    const publishing = publishArchive(writer, {
      ...{ store, held, clock: { now: () => 0 }, signal: undefined, types: types.map(typeName) },
      fill: (stop) =>
        new Promise((_, reject) => {
          stop.addEventListener('abort', () => {
            reason = stop.reason;
            reject(new Error('stopped'));
          });
        }),
      onWriting: () => undefined,
    });
    await expect(publishing).rejects.toBe(full);
    expect(reason).toBe(full);
    await writer.close();
  });

  it('of a type that nobody announced is a fault of the program', async () => {
    const { store } = watchedStore();
    const publishing = publish(
      store,
      async (writer) => headerOf([[secrets!, await (await write(writer, secrets!, ['s'])).close()]]),
      { types: [typeName(configMaps!)] },
    );
    await expect(publishing).rejects.toMatchObject({ name: 'InternalError' });
  });
});
