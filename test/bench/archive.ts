import { mkdtemp, open, rm } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import {
  backupFile,
  createArchiveWriter,
  formatVersion,
  ListCutter,
  openBackup,
  sealSummary,
  typeName,
} from '@infrabackup/core';
import type { Backup, BackupHeader, RawObject, ResourceType, Store, TypeSummary } from '@infrabackup/core';
import { openDiskSpool, openFileStore } from '@infrabackup/storage';
import { generateObject } from '../fixtures/generate.ts';

/**
 * How fast an archive is written, and one object read from it, beside tar-stream doing the same. Run by itself:
 * `node test/bench/archive.ts [objects]`.
 */
const objectCount = Number(process.argv[2] ?? 50_000);
const pageObjects = 500;
const chunkBytes = 1 << 16;

/** A type's lists as an API server sends them, page by page. */
interface Lists {
  readonly type: ResourceType;
  readonly pages: readonly Buffer[];
}

function generateLists(count: number): Lists[] {
  const byType = new Map<string, object[]>();
  for (let i = 0; i < count; i++) {
    const { type, body, manager } = generateObject(1, i, false);
    const { metadata, ...rest } = body as { metadata: Record<string, unknown> };
    const uid = `3f1c7e5a-${i.toString(16).padStart(4, '0').slice(-4)}-4000-8000-${i.toString().padStart(12, '0')}`;
    const object = {
      metadata: {
        ...metadata,
        uid,
        resourceVersion: String(100_000 + i),
        creationTimestamp: '2026-11-21T08:30:00Z',
        managedFields: [
          {
            manager,
            operation: 'Update',
            apiVersion: 'v1',
            time: '2026-11-21T08:30:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: Object.fromEntries(Object.keys(rest).map((key) => [`f:${key}`, { '.': {} }])),
          },
        ],
      },
      ...rest,
    };
    byType.set(type, [...(byType.get(type) ?? []), object]);
  }
  return [...byType].map(([name, objects]) => {
    const [plural = '', ...group] = name.split('.');
    const key = ({ metadata: { namespace, name: of } }: Named): string => `${namespace}/${of}`;
    const sorted = (objects as Named[]).sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const pages: Buffer[] = [];
    for (let at = 0; at < sorted.length; at += pageObjects) {
      const items = sorted.slice(at, at + pageObjects);
      pages.push(
        Buffer.from(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items })),
      );
    }
    return { type: resourceType(group.join('.'), plural), pages };
  });
}

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

function resourceType(group: string, plural: string): ResourceType {
  const empty = { shortNames: [], categories: [], verbs: [], subresources: [], servedVersions: ['v1'] };
  return { group, version: 'v1', kind: 'Example', plural, singular: plural, namespaced: true, ...empty };
}

/** The objects of a list, in batches as chunks of a response complete them. */
function* cut({ pages }: Lists): Generator<RawObject[]> {
  for (const page of pages) {
    const cutter = new ListCutter({ apiVersion: 'v1', kind: 'Example' });
    for (let at = 0; at < page.length; at += chunkBytes) yield cutter.push(page.subarray(at, at + chunkBytes));
    cutter.end();
  }
}

async function writeArchive(lists: readonly Lists[], folder: string, level: number): Promise<Store> {
  const store = openFileStore(folder);
  const writer = await createArchiveWriter({ openSpool: () => openDiskSpool(tmpdir()), level });
  const types: TypeSummary[] = await Promise.all(
    lists.map(async (list) => {
      const segment = writer.segment(list.type);
      for (const objects of cut(list)) {
        for (const object of objects) segment.add(object);
        await segment.drain();
      }
      return { ...list.type, ...(await segment.close()) };
    }),
  );
  const header: BackupHeader = {
    format: formatVersion,
    name: 'bench',
    tool: 'bench',
    startedAt: '2026-11-21T08:30:00Z',
    cluster: { version: 'v1.36.3', server: 'https://127.0.0.1' },
    selection: { preset: 'all', rules: [{}] },
    labels: {},
    contentTable: 1,
    encryption: null,
    types: types.sort((a, b) => (typeName(a) < typeName(b) ? -1 : 1)),
    shortfalls: [],
    warnings: [],
  };
  const finished = await writer.finish(header);
  await store.create('backups/bench/bench.tar.gz', finished.archive.stream());
  await store.create('backups/bench/bench-index.jsonl.gz', finished.index.stream());
  const summary = sealSummary({ ...header, ...finished.files(), completedAt: header.startedAt });
  await store.create('backups/bench/bench-summary.json', Buffer.from(JSON.stringify(summary)));
  await writer.close();
  return store;
}

async function writeByTarStream(lists: readonly Lists[], file: string, level: number): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level }), createWriteStream(file));
  for (const list of lists) {
    for (const objects of cut(list)) {
      for (const { namespace, name, bytes } of objects) {
        const path = `resources/${typeName(list.type)}/namespaces/${String(namespace)}/${name}.json`;
        await new Promise<void>((resolve, reject) => {
          tar.entry({ name: path, mtime: new Date(0) }, Buffer.from(bytes), (error) =>
            error ? reject(error) : resolve(),
          );
        });
      }
    }
  }
  tar.finalize();
  await written;
}

async function findByScan(file: string, path: string): Promise<Buffer> {
  const source = createReadStream(file);
  const entries = extract();
  source.pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) {
    if (entry.header.name === path) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      source.destroy();
      return Buffer.concat(chunks);
    }
    entry.resume();
  }
  throw new Error(`${file} has no ${path}`);
}

async function timed<T>(run: () => Promise<T>): Promise<readonly [ms: number, T]> {
  const began = performance.now();
  const value = await run();
  return [performance.now() - began, value];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function row(what: string, ms: number, baselineMs: number, note = ''): void {
  const factor = `${(baselineMs / ms).toFixed(1)}x`;
  console.log(`| ${what.padEnd(46)} | ${ms.toFixed(1).padStart(9)} ms | ${factor.padStart(7)} | ${note} |`);
}

async function sizeOf(file: string): Promise<number> {
  await using handle = await open(file);
  return (await handle.stat()).size;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
  try {
    const lists = generateLists(objectCount);
    const megabytes = lists.flatMap(({ pages }) => pages).reduce((total, { length }) => total + length, 0) / 1e6;
    console.log(`${objectCount} objects, ${megabytes.toFixed(0)} MB of JSON\n`);
    const ofFile = async (file: string, ms: number): Promise<string> =>
      `${((await sizeOf(file)) / 1e6).toFixed(1)} MB, ${((megabytes * 1000) / ms).toFixed(0)} MB/s`;

    const [cutMs] = await timed(() => {
      for (const list of lists) for (const objects of cut(list)) void objects.length;
      return Promise.resolve();
    });
    row('cutting the lists alone', cutMs, cutMs, `${((megabytes * 1000) / cutMs).toFixed(0)} MB/s`);

    for (const level of [1, 6]) {
      const baseline = join(folder, `tar-stream-${level}.tar.gz`);
      const [baselineMs] = await timed(() => writeByTarStream(lists, baseline, level));
      row(`write: tar-stream piped into gzip ${level}`, baselineMs, baselineMs, await ofFile(baseline, baselineMs));
      const [ms] = await timed(() => writeArchive(lists, join(folder, `level-${level}`), level));
      const archive = join(folder, `level-${level}/backups/bench/bench.tar.gz`);
      row(`write: archive, level ${level} (with index and digests)`, ms, baselineMs, await ofFile(archive, ms));
    }

    const store = openFileStore(join(folder, 'level-1'));
    const backup = await openBackup(store, 'bench');
    const entries = await Array.fromAsync(backup.entries());
    const picked = Array.from({ length: 9 }, (_, i) => entries[Math.floor(((i + 0.5) * entries.length) / 9)]!);
    const scans: number[] = [];
    const reads: number[] = [];
    for (const { type, namespace, name, stored } of picked) {
      const path = `resources/${type}/namespaces/${String(namespace)}/${name}.json`;
      const [scanMs] = await timed(() => findByScan(join(folder, 'level-1/backups/bench/bench.tar.gz'), path));
      const [readMs] = await timed(async () => {
        const opened: Backup = await openBackup(store, 'bench');
        const entry = await opened.find({ type, namespace, name });
        return opened.read(entry!);
      });
      if (stored.length !== 43) throw new Error('the entry has no digest');
      scans.push(scanMs);
      reads.push(readMs);
    }
    row('one object: a scan of the tar (median of 9)', median(scans), median(scans));
    row('one object: open, find, read (median of 9)', median(reads), median(scans));

    const [allMs] = await timed(async () => {
      for await (const { bytes } of backup.readMany(backup.entries())) void bytes.length;
    });
    row('all objects: entries and readMany', allMs, allMs, `${((megabytes * 1000) / allMs).toFixed(0)} MB/s`);
    console.log(`\npeak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, the lists included`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

await main();
