import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { diffBackups, openBackup } from '@infrabackup/core';
import { openFileStore } from '@infrabackup/storage';
import { archiveFile, writeArchive } from './archive.ts';
import { formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { generateLists, type GeneratedList } from './generated-lists.ts';
import { median } from './measure.ts';

const objectCount = 50_000;
const rounds = 5;
/**
 * One object in so many has changed from the first backup to the second. The bar is for what the indexes cost; each object
 * that changed costs the unpacking of two members more, whoever reads it. Spread so evenly, one in 50 lies in every member.
 */
const changes = [
  { every: 5_000, bar: 20 },
  { every: 500, bar: undefined },
  { every: 50, bar: undefined },
] as const;

/** How fast two backups are compared, beside reading and parsing all that is in both. */
export const diffTwoBackups: Benchmark = {
  name: 'diff-backups',
  title: 'Two backups of 50,000 objects, compared',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      say('writing');
      const lists = generateLists(objectCount);
      const before = join(folder, 'before');
      await mkdir(before);
      await writeArchive(lists, before);
      const rows: BenchmarkRow[] = [];
      for (const { every, bar } of changes) {
        say(`one object in ${every} changed`);
        const after = join(folder, `after-${every}`);
        await mkdir(after);
        await writeArchive(
          lists.map((list) => changed(list, every)),
          after,
        );
        rows.push(await row(before, after, bar));
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function row(before: string, after: string, bar: number | undefined): Promise<BenchmarkRow> {
  const ours: number[] = [];
  const theirs: number[] = [];
  let found = 0;
  for (let round = 0; round <= rounds; round++) {
    const [oursMs, differences] = await timed(() => compare(before, after));
    const [theirsMs, objects] = await timed(async () => (await parseAll(before)) + (await parseAll(after)));
    if (objects !== 2 * objectCount) throw new Error(`the archives hold ${objects} objects`);
    found = differences;
    if (round > 0) {
      ours.push(oursMs);
      theirs.push(theirsMs);
    }
  }
  const ratio = median(theirs) / median(ours);
  return {
    what: `find and compare ${found} changed objects`,
    measured: formatMs(median(ours)),
    baseline: `unpack and parse both archives, ${formatMs(median(theirs))}`,
    ratio: `${ratio.toFixed(0)}x faster`,
    bar: bar === undefined ? '-' : `>= ${bar}x`,
    holds: bar === undefined || ratio >= bar,
  };
}

async function compare(before: string, after: string): Promise<number> {
  const [left, right] = await Promise.all(
    [before, after].map((folder) => openBackup(openFileStore(join(folder, 'location')), 'bench')),
  );
  return (await Array.fromAsync(diffBackups(left!, right!))).length;
}

/** As lean as can be: one call to unpack, the tar walked by hand, no digest checked. */
async function parseAll(folder: string): Promise<number> {
  const tar = await promisify(gunzip)(await readFile(archiveFile(folder)));
  let objects = 0;
  for (let at = 0; tar[at] !== 0 && at < tar.length;) {
    const size = parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    const name = tar.toString('latin1', at, at + 100);
    if (name.startsWith('resources/')) {
      JSON.parse(tar.toString('utf8', at + 512, at + 512 + size));
      objects += 1;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return objects;
}

/** The list at a later time: every so many-th object has another label. */
function changed(list: GeneratedList, every: number): GeneratedList {
  let place = 0;
  const pages = list.pages.map((page) => {
    const { items, ...rest } = JSON.parse(page.toString()) as { items: { metadata: { labels?: object } }[] };
    for (const { metadata } of items) {
      if (place++ % every === 0) metadata.labels = { ...metadata.labels, changed: 'yes' };
    }
    return Buffer.from(JSON.stringify({ ...rest, items }));
  });
  return { ...list, pages };
}

async function timed<T>(run: () => Promise<T>): Promise<[timeMs: number, result: T]> {
  const began = performance.now();
  const result = await run();
  return [performance.now() - began, result];
}
