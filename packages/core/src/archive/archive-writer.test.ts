import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { backupFiles } from '../location/backup-files.ts';
import { rawObject } from '../object/object-scanner.ts';
import { formatRef } from '../object/ref.ts';
import { typeName } from '../object/resource-type.ts';
import type { Store } from '../store/store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import type { Random } from '../testing/random.ts';
import { randomSample, sampleType, writeSample } from '../testing/sample-backup.ts';
import type { SampleObject } from '../testing/sample-backup.ts';
import { createArchiveWriter } from './archive-writer.ts';
import { objectPath } from './archive-layout.ts';
import { openBackup } from './open-backup.ts';
import type { Spool } from './spool.ts';
import { verifyBackup } from './verify-backup.ts';

const files = backupFiles('sample');
const folder = mkdtempSync(join(tmpdir(), 'infrabackup-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function archiveFile(store: Store): Promise<string> {
  const file = join(folder, 'sample.tar.gz');
  writeFileSync(file, await store.read(files.archive));
  return file;
}

const run = (command: string, ...args: string[]): Buffer =>
  execFileSync(command, args, { cwd: folder, maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });

const has = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** What every reader should find in the archive of a sample: paths in order, and what lies there. */
function expectedEntries(objects: readonly SampleObject[]): Map<string, string> {
  return new Map([
    ['metadata/version', '1.1.0\n'],
    ...objects.map(({ ref, json }) => [objectPath(ref), json] as const),
  ]);
}

describe('the archive', () => {
  const python = `
import json, sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    for member in tar:
        assert member.isreg() and member.mode == 0o644 and member.mtime == 0 and member.uid == member.gid == 0, member
        assert member.uname == member.gname == "", member
        print(json.dumps([member.name, tar.extractfile(member).read().decode()]))
`;

  test.skipIf(!has('python3')).each(seeds(2))("is read by Python's tarfile, entry by entry, seed %i", async (seed) => {
    const objects = randomSample(randomFrom(seed), 150);
    const file = await archiveFile((await writeSample(objects)).store);
    const lines = run('python3', '-c', python, file).toString().trim().split('\n');
    const found = lines.map((line) => JSON.parse(line) as [string, string]);
    const [header, index] = found.splice(-2);
    expect(found).toEqual([...expectedEntries(objects)]);
    expect(header![0]).toBe('metadata/infrabackup/backup.json');
    expect(JSON.parse(header![1])).toMatchObject({ name: 'sample', revision: '4711' });
    expect(index![0]).toBe('metadata/infrabackup/index.jsonl');
  });

  test.skipIf(!has('tar')).each(seeds(2))('is listed and extracted by tar without a word, seed %i', async (seed) => {
    // tar itself cannot make a file whose name has more than 255 bytes.
    const objects = randomSample(randomFrom(seed), 150).filter(({ ref }) => ref.name.length <= 250);
    const { store } = await writeSample(objects);
    const file = await archiveFile(store);
    const listed = run('tar', '--quoting-style=literal', '-tzf', file).toString().trim().split('\n');
    expect(listed.slice(0, -2)).toEqual([...expectedEntries(objects).keys()]);

    const target = mkdtempSync(join(folder, 'extracted-'));
    expect(run('tar', '-xzf', file, '-C', target).toString()).toBe('');
    for (const [path, content] of expectedEntries(objects)) {
      expect(readFileSync(join(target, path), 'utf8'), path).toBe(content);
    }
    const index = readFileSync(join(target, 'metadata/infrabackup/index.jsonl'));
    expect(index.equals(gunzipSync(await store.read(files.index)))).toBe(true);
  });

  test.skipIf(!has('gzip'))('is whole to gzip, and so is its index', async () => {
    const { store } = await writeSample(randomSample(randomFrom(1), 300));
    run('gzip', '-t', await archiveFile(store));
    writeFileSync(join(folder, 'index.gz'), await store.read(files.index));
    const lines = run('gzip', '-dc', 'index.gz').toString().trim().split('\n');
    expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
  });

  test('of no object at all is an archive all the same', async () => {
    const { store, summary } = await writeSample([]);
    expect(summary.index).toMatchObject({ sizeBytes: 0, blocks: [] });
    expect(gunzipSync(await store.read(files.archive)).length % 512).toBe(0);
    expect(await Array.fromAsync((await openBackup(store, 'sample')).entries())).toEqual([]);
  });
});

/** The tar up to what the archive says about itself. */
async function objectsIn(store: Store): Promise<Buffer> {
  const tar = gunzipSync(await store.read(files.archive));
  return tar.subarray(0, tar.indexOf('metadata/infrabackup/backup.json'));
}

/** The index without where members lie, which depends on how well each was compressed. */
async function indexedIn(store: Store): Promise<unknown[]> {
  const backup = await openBackup(store, 'sample');
  return Array.fromAsync(backup.entries(), (entry) => ({ ...entry, memberOffset: 0, memberLength: 0 }));
}

describe('the same objects', () => {
  /** Another order of arrival that keeps each type's own. */
  function interleaved(random: Random, objects: readonly SampleObject[]): SampleObject[] {
    const byType = Object.values(Object.groupBy(objects, ({ ref }) => ref.type)).map((each) => [...each!]);
    const arrival: SampleObject[] = [];
    for (let left = byType.filter((each) => each.length > 0); left.length > 0;) {
      arrival.push(random.pick(left).shift()!);
      left = left.filter((each) => each.length > 0);
    }
    return arrival;
  }

  test.each(seeds(3))('give the same tar in whatever order the types arrive, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const objects = randomSample(random, 400);
    const one = await writeSample(objects);
    const other = await writeSample(objects, { arrival: interleaved(random, objects) });
    expect((await objectsIn(one.store)).equals(await objectsIn(other.store))).toBe(true);
    expect(await indexedIn(other.store)).toEqual(await indexedIn(one.store));
  });

  test('give the very tar that format 1 promises', async () => {
    const [configMaps, roles] = [
      sampleType('', 'configmaps'),
      sampleType('rbac.authorization.k8s.io', 'clusterroles', false),
    ];
    const names = ['plain', 'system:node', 'x'.repeat(100), 'y'.repeat(101), 'z'.repeat(253), 'ünï'];
    const objects = [roles, configMaps].flatMap((type) =>
      names.map((name): SampleObject => {
        const namespace = type.namespaced ? 'kube-system' : undefined;
        const json = JSON.stringify({ apiVersion: 'v1', kind: 'Example', metadata: { namespace, name, uid: 'u' } });
        return { type, ref: { type: typeName(type), namespace, name }, json };
      }),
    );
    const { store, summary } = await writeSample(objects);
    const [, firstLine] = gunzipSync(await store.read(files.index))
      .toString()
      .split('\n');
    // When one of these changes, every backup of an unchanged cluster does: that is another version of the format.
    expect(summary.format).toBe('1.0');
    expect(
      createHash('sha256')
        .update(await objectsIn(store))
        .digest('hex'),
    ).toBe('75f96a4a1b73020888c0ba5995b70c2390a3650c6d7c7f5cb1f88a5e88262420');
    // printf '%s' '{"apiVersion":"v1","kind":"Example","metadata":{"name":"plain","uid":"u"}}' | openssl dgst -sha256
    // -binary | basenc --base64url, and the same without the uid.
    const stored = 'Y5Mc4SJ_ezAlvxjnNK19z5opK7WTENe6eOXjcuDm6J8';
    const content = 'xEDA-hBqLUxu-GBmC1wPMWpd2PniulFiFWCpQS80-j8';
    expect(JSON.parse(firstLine!)).toEqual([null, 'plain', 0, 512, 74, stored, content, 'u', []]);
  });
});

describe('objects of a type that arrive in another order', () => {
  test.each(seeds(3))('lie in the archive in that of backups, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const objects = randomSample(random, 300);
    const arrival = [...objects].sort(() => random.below(3) - 1);
    const [sorted, unsorted] = [await writeSample(objects), await writeSample(objects, { arrival })];
    expect((await objectsIn(unsorted.store)).equals(await objectsIn(sorted.store))).toBe(true);
    expect(await indexedIn(unsorted.store)).toEqual(await indexedIn(sorted.store));
    expect((await verifyBackup(unsorted.store, 'sample')).findings).toEqual([]);
  });

  test('and under one name are the one that came last', async () => {
    const type = sampleType('', 'configmaps');
    const json = (name: string, value: number): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, value });
    const object = (name: string, value: number): SampleObject => ({
      type,
      ref: { type: 'configmaps', namespace: 'a', name },
      json: json(name, value),
    });
    const arrival = [object('b', 1), object('a', 2), object('b', 3), object('b', 4)];
    const { store, summary } = await writeSample(arrival);
    expect(summary.types.find(({ plural }) => plural === 'configmaps')).toMatchObject({
      count: 2,
      namespaces: { a: 2 },
    });
    const backup = await openBackup(store, 'sample');
    const found = await Array.fromAsync(backup.readMany(backup.entries()), ({ bytes }) => bytes.toString());
    expect(found).toEqual([json('a', 2), json('b', 4)]);
  });
});

describe('a segment', () => {
  const configMaps = sampleType('', 'configmaps');
  const header = {
    format: '1.0',
    name: 'sample',
    tool: 'test',
    startedAt: '2026-11-21T08:30:00Z',
    cluster: { version: 'v1.36.3', server: 'https://127.0.0.1' },
    selection: { rules: [{}] },
    labels: {},
    contentTable: 1,
    encryption: null,
    shortfalls: [],
    warnings: [],
  };
  const object = (name: string, data = ''): ReturnType<typeof rawObject> =>
    rawObject(
      Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data })),
    );
  const open = (spool: Spool): ReturnType<typeof createArchiveWriter> =>
    createArchiveWriter({ openSpool: () => Promise.resolve(spool) });

  test('that was discarded leaves nothing behind, and its type may be begun again', async () => {
    const writer = await open(memorySpool());
    const first = writer.segment(configMaps);
    for (let i = 0; i < 2000; i++) first.add(object(`gone-${String(i).padStart(4, '0')}`, 'x'.repeat(1000)));
    await first.discard();
    const second = writer.segment(configMaps);
    second.add(object('kept'));
    const stats = await second.close();
    const { archive } = await writer.finish({ ...header, types: [{ ...configMaps, ...stats }] });
    const tar = gunzipSync(Buffer.concat(await Array.fromAsync(archive.stream()))).toString('latin1');
    expect(tar).toContain('configmaps/namespaces/a/kept.json');
    expect(tar).not.toContain('gone-');
  });

  test('that is open, or counted wrongly in the header, is a bug that no archive comes from', async () => {
    const writer = await open(memorySpool());
    const segment = writer.segment(configMaps);
    segment.add(object('a'));
    expect(() => writer.segment(configMaps)).toThrow('a segment for configmaps exists');
    await expect(writer.finish({ ...header, types: [] })).rejects.toThrow('is still open');
    await segment.close();
    await expect(writer.finish({ ...header, types: [] })).rejects.toThrow('the header counts , not configmaps 1');
  });

  test('whose spool is full says so at the next drain and at its close', async () => {
    const full = new AppError('STORE_FULL', 'no space left');
    const writer = await open({ ...memorySpool(), append: () => Promise.reject(full) });
    const segment = writer.segment(configMaps);
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) {
        segment.add(object(`map-${String(i).padStart(4, '0')}`, 'x'.repeat(100_000)));
        await segment.drain();
      }
    };
    await expect(fill()).rejects.toBe(full);
    await expect(segment.close()).rejects.toBe(full);
  });

  test('holds its caller while its spool is slow, so that memory is bounded', async () => {
    let open_: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open_ = resolve));
    const spool = memorySpool();
    const slow: Spool = { ...spool, append: async (bytes) => (await opened, spool.append(bytes)) };
    const writer = await open(slow);
    const segment = writer.segment(configMaps);
    let added = 0;
    const filling = (async () => {
      for (; added < 400; added++) {
        segment.add(object(`map-${String(added).padStart(4, '0')}`, 'x'.repeat(100_000)));
        await segment.drain();
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(added * 100_000).toBeLessThan(12 << 20);
    open_();
    await filling;
    expect((await segment.close()).count).toBe(400);
  });

  test('stops at the next drain when the signal fires', async () => {
    const stop = new AbortController();
    const writer = await createArchiveWriter({ openSpool: () => Promise.resolve(memorySpool()), signal: stop.signal });
    const segment = writer.segment(configMaps);
    segment.add(object('a'));
    await segment.drain();
    stop.abort();
    await expect(segment.drain()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test.each(['..', '.', 'a/b', 'a%2fb', 'a\0b'])('refuses a name that no object can have: %j', async (name) => {
    const writer = await open(memorySpool());
    expect(() => writer.segment(configMaps).add(object(name))).toThrow(
      expect.objectContaining({ code: 'CLUSTER_PROTOCOL' }),
    );
  });
});

test('refs that differ in their type alone, or in where the namespace ends, stay apart', async () => {
  const [a, b] = [sampleType('apps', 'deployments'), sampleType('apps.example.com', 'deployments')];
  const of = (type: typeof a, name: string, namespace: string): SampleObject => ({
    type,
    ref: { type: `${type.plural}.${type.group}`, name, namespace },
    json: JSON.stringify({ apiVersion: 'v1', kind: 'D', metadata: { name, namespace } }),
  });
  // `a-b/x` sorts before `a/x`: a list of all namespaces comes in that order.
  const objects = [of(a, 'x', 'a-b'), of(a, 'x', 'a'), of(b, 'x', 'a')];
  const { store } = await writeSample(objects);
  const backup = await openBackup(store, 'sample');
  for (const { ref, json } of objects) {
    expect((await backup.read((await backup.find(ref))!)).toString(), formatRef(ref)).toBe(json);
  }
});
