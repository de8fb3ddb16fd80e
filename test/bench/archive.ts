import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { createArchiveWriter, formatVersion, ListCutter, openBackup, sealSummary, typeName } from '@infrabackup/core';
import type { BackupHeader, IndexEntry, RawObject, Store, TypeSummary } from '@infrabackup/core';
import { openDiskSpool, openFileStore } from '@infrabackup/storage';
import { formatMegabytes, formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { generateLists, type GeneratedList } from './generated-lists.ts';
import { median } from './measure.ts';

const objectCount = 50_000;
const chunkBytes = 1 << 16;
const rounds = 3;
const pickedObjects = 15;

/** How fast an archive is written and one object read from it, beside tar-stream and gzip doing the same. */
export const archive: Benchmark = {
  name: 'archive',
  title: 'The archive alone: 50,000 objects from lists in memory to a file, and one object back',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      const lists = generateLists(objectCount);
      return [...(await writeRows(lists, folder, say)), await readRow(folder, say)];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** gzip's own level, which is what a pipe into it gives; and the one that archives are written at. */
const levels = [6, 1] as const;

async function writeRows(
  lists: readonly GeneratedList[],
  folder: string,
  say: (text: string) => void,
): Promise<readonly BenchmarkRow[]> {
  const ours: number[] = [];
  const theirs: Record<(typeof levels)[number], number[]> = { 6: [], 1: [] };
  const tarFile = (level: number): string => join(folder, `tar-stream-${level}.tar.gz`);
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
    await rm(join(folder, 'location'), { recursive: true, force: true });
    const oursMs = await timeMs(() => writeArchive(lists, folder));
    if (round > 0) ours.push(oursMs);
    for (const level of levels) {
      const theirsMs = await timeMs(() => writeByTarStream(lists, tarFile(level), level));
      if (round > 0) theirs[level].push(theirsMs);
    }
  }
  const jsonBytes = lists.flatMap(({ pages }) => pages).reduce((total, { length }) => total + length, 0);
  const oursMs = median(ours);
  const speed = `${formatMs(oursMs)}, ${formatMegabytes((1000 * jsonBytes) / oursMs)}/s`;
  const size = formatMegabytes((await stat(archiveFile(folder))).size);
  return Promise.all(
    levels.map(async (level) => {
      const theirsMs = median(theirs[level]);
      const theirSize = formatMegabytes((await stat(tarFile(level))).size);
      const ratio = theirsMs / oursMs;
      return {
        what: `write ${formatMegabytes(jsonBytes)} of lists, index and digests included`,
        measured: `${speed}; ${size}`,
        baseline: `tar-stream piped into gzip ${level}, ${formatMs(theirsMs)}; ${theirSize}`,
        ratio: `${ratio.toFixed(1)}x faster`,
        bar: level === 6 ? '>= 5x' : '-',
        holds: level !== 6 || ratio >= 5,
      };
    }),
  );
}

async function readRow(folder: string, say: (text: string) => void): Promise<BenchmarkRow> {
  say('one object, found and read');
  const store = openFileStore(join(folder, 'location'));
  const entries = await Array.fromAsync((await openBackup(store, 'bench')).entries());
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < pickedObjects; i++) {
    const entry = entries[Math.floor(((i + 0.5) * entries.length) / pickedObjects)]!;
    theirs.push(await timeMs(() => readByScan(archiveFile(folder), entry)));
    ours.push(await timeMs(() => readByIndex(store, entry)));
  }
  const ratio = median(theirs) / median(ours);
  return {
    what: 'one object: open, find, read',
    measured: formatMs(median(ours)),
    baseline: `a scan of the tar up to it, ${formatMs(median(theirs))}`,
    ratio: `${ratio.toFixed(0)}x faster`,
    bar: '>= 20x',
    holds: ratio >= 20,
  };
}

/** The objects of a list, in batches as chunks of a response complete them. */
function* cut({ pages }: GeneratedList): Generator<RawObject[]> {
  for (const page of pages) {
    const cutter = new ListCutter({ apiVersion: 'v1', kind: 'Example' });
    for (let at = 0; at < page.length; at += chunkBytes) yield cutter.push(page.subarray(at, at + chunkBytes));
    cutter.end();
  }
}

/** Where {@link writeArchive} leaves its tarball. */
export function archiveFile(folder: string): string {
  return join(folder, 'location/backups/bench/bench.tar.gz');
}

/** Writes the lists as the backup `bench` of the location `location` in the folder. */
export async function writeArchive(lists: readonly GeneratedList[], folder: string): Promise<void> {
  const writer = await createArchiveWriter({ openSpool: () => openDiskSpool(folder) });
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
    cluster: { version: 'v1.36.3', server: 'https://127.0.0.1:6443' },
    selection: { preset: 'all', rules: [{}] },
    labels: {},
    contentTable: 1,
    encryption: null,
    types: types.sort((a, b) => (typeName(a) < typeName(b) ? -1 : 1)),
    shortfalls: [],
    warnings: [],
  };
  const finished = await writer.finish(header);
  const store = openFileStore(join(folder, 'location'));
  await store.create('backups/bench/bench.tar.gz', finished.archive.stream());
  await store.create('backups/bench/bench-index.jsonl.gz', finished.index.stream());
  const summary = sealSummary({ ...header, ...finished.files(), completedAt: header.startedAt });
  await store.create('backups/bench/bench-summary.json', Buffer.from(JSON.stringify(summary)));
  await writer.close();
}

async function writeByTarStream(lists: readonly GeneratedList[], file: string, level: number): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level }), createWriteStream(file));
  for (const list of lists) {
    for (const objects of cut(list)) {
      for (const object of objects) await addEntry(pathOf(typeName(list.type), object), Buffer.from(object.bytes));
    }
  }
  tar.finalize();
  await written;

  function addEntry(name: string, content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      tar.entry({ name, mtime: new Date(0) }, content, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

async function readByIndex(store: Store, { type, namespace, name }: IndexEntry): Promise<void> {
  const backup = await openBackup(store, 'bench');
  const entry = await backup.find({ type, namespace, name });
  await backup.read(entry!);
}

async function readByScan(file: string, entry: IndexEntry): Promise<void> {
  const source = createReadStream(file);
  const entries = extract();
  source.pipe(createGunzip()).pipe(entries);
  const wanted = pathOf(entry.type, entry);
  for await (const found of entries) {
    found.resume();
    if (found.header.name !== wanted) continue;
    source.destroy();
    return;
  }
  throw new Error(`${file} has no ${wanted}`);
}

function pathOf(
  type: string,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
): string {
  return `resources/${type}/namespaces/${String(namespace)}/${name}.json`;
}

async function timeMs(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
