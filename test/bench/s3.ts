import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { backupFiles, concurrently, listBackups, openBackup, sealSummary } from '@infrabackup/core';
import type { BackupSummary, Store } from '@infrabackup/core';
import { openFileStore, openStore } from '@infrabackup/storage';
import { startCountingProxy, type CountingProxy } from '../servers/counting-proxy.ts';
import { provisionVersitygw, startVersitygw, type S3Server } from '../servers/versitygw.ts';
import { writeArchive } from './archive.ts';
import { formatMegabytes, formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { generateLists } from './generated-lists.ts';
import { median } from './measure.ts';

const listedBackups = 1_000;
const objectCount = 100_000;
const pickedObjects = 15;
const uploadedBytes = 256 * 1024 * 1024;
const rounds = 3;
/** Summaries that both sides read at a time. */
const readsAtOnce = 8;

/** What a location in S3 costs, beside the official client doing the least that could be done. */
export const s3: Benchmark = {
  name: 's3',
  title: 'Backups in S3: a server on the same machine, over TLS',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    const server = await startVersitygw(await provisionVersitygw());
    const proxy = await startCountingProxy(server);
    Object.assign(process.env, server.keys);
    try {
      const context: Context = { server, proxy, folder, say };
      return [...(await getRows(context)), ...(await listRows(context)), await uploadRow(context)];
    } finally {
      await proxy.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Context {
  readonly server: S3Server;
  readonly proxy: CountingProxy;
  readonly folder: string;
  readonly say: (text: string) => void;
}

function place(server: S3Server, options?: Readonly<Record<string, string>>): Promise<Store> {
  return openStore(server.location('bench', options), { workingFolder: '/', env: {} });
}

async function getRows({ server, proxy, folder, say }: Context): Promise<readonly BenchmarkRow[]> {
  say(`a backup of ${objectCount} objects`);
  await writeArchive(generateLists(objectCount), folder);
  const onDisk = openFileStore(join(folder, 'location'));
  const store = await place(server);
  for await (const { key } of onDisk.list('')) await store.replace(key, onDisk.stream(key));

  say('one object, found and read');
  const entries = await Array.fromAsync((await openBackup(onDisk, 'bench')).entries());
  const timesMs: number[] = [];
  let [requests, bytes] = [0, 0];
  const counted = await place(server, { endpoint: proxy.endpoint });
  for (let i = 0; i <= pickedObjects; i++) {
    const { type, namespace, name } = entries[Math.floor((i * (entries.length - 1)) / pickedObjects)]!;
    const get = async (from: Store): Promise<void> => {
      const backup = await openBackup(from, 'bench');
      await backup.read((await backup.find({ type, namespace, name }))!);
    };
    const tookMs = await timeMs(() => get(store));
    // The first one also connects.
    if (i > 0) timesMs.push(tookMs);
    proxy.take();
    await get(counted);
    const traffic = proxy.take();
    requests = Math.max(requests, traffic.requests.length);
    bytes = Math.max(bytes, traffic.receivedBytes);
  }
  const what = `one object of ${objectCount}: open, find, read`;
  const row = (measured: string, bar: string, holds: boolean): BenchmarkRow => {
    return { what, measured, baseline: '-', ratio: '-', bar, holds };
  };
  return [
    row(`${requests} requests at most`, '<= 3', requests <= 3),
    row(`${Math.round(bytes / 1024)} KiB at most`, '< 1024 KiB', bytes < 1024 * 1024),
    row(formatMs(median(timesMs)), '< 100 ms', median(timesMs) < 100),
  ];
}

async function listRows({ server, proxy, say }: Context): Promise<readonly BenchmarkRow[]> {
  say(`${listedBackups} backups`);
  const store = await place(server);
  const { digest: _digest, ...summary } = (await openBackup(store, 'bench')).summary;
  const names = Array.from({ length: listedBackups - 1 }, (_, i) => `nightly-${String(i).padStart(4, '0')}`);
  await concurrently(names, readsAtOnce, async (name) => {
    const files = backupFiles(name);
    await store.replace(files.archive, Buffer.from('not to be read'));
    await store.replace(files.summary, Buffer.from(JSON.stringify(sealSummary({ ...summary, name }), null, 2)));
  });

  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
    const oursMs = await timeMs(async () => expectCount((await Array.fromAsync(listBackups(store))).length));
    const theirsMs = await timeMs(async () => expectCount(await listOfficially(server)));
    if (round > 0) {
      ours.push(oursMs);
      theirs.push(theirsMs);
    }
  }
  proxy.take();
  await Array.fromAsync(listBackups(await place(server, { endpoint: proxy.endpoint })));
  const { requests } = proxy.take();
  const archives = requests.filter((request) => request.endsWith('.tar.gz')).length;
  const ratio = median(ours) / median(theirs);
  return [
    {
      what: `list ${listedBackups} backups`,
      measured: formatMs(median(ours)),
      baseline: `the official client lists and reads the summaries, ${readsAtOnce} at a time, ${formatMs(median(theirs))}`,
      ratio: `${ratio.toFixed(2)}x`,
      bar: '<= 2x',
      holds: ratio <= 2,
    },
    {
      what: `list ${listedBackups} backups`,
      measured: `${archives} of ${requests.length} requests ask for an archive`,
      baseline: '-',
      ratio: '-',
      bar: '0',
      holds: archives === 0,
    },
  ];
}

function expectCount(count: number): void {
  if (count !== listedBackups) throw new Error(`${count} backups were listed`);
}

async function listOfficially({ client, bucket }: S3Server): Promise<number> {
  const prefix = 'bench/backups/';
  const names: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' })) {
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(prefix.length, -1));
  }
  const summaries: BackupSummary[] = [];
  await concurrently(names, readsAtOnce, async (name) => {
    const found = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: `bench/${backupFiles(name).summary}` }),
    );
    summaries.push(JSON.parse(await found.Body!.transformToString()) as BackupSummary);
  });
  return summaries.length;
}

async function uploadRow({ server, folder, say }: Context): Promise<BenchmarkRow> {
  const file = join(folder, 'upload');
  const handle = await open(file, 'w');
  for (let written = 0; written < uploadedBytes; written += 1 << 20) await handle.write(randomBytes(1 << 20));
  await handle.close();
  const store = await place(server);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'an upload, to warm up' : `an upload, round ${round} of ${rounds}`);
    const oursMs = await timeMs(() => store.replace('upload/ours', createReadStream(file)));
    const params = { Bucket: server.bucket, Key: 'bench/upload/theirs', Body: createReadStream(file) };
    const theirsMs = await timeMs(() => new Upload({ client: server.client, params }).done());
    if (round > 0) {
      ours.push(oursMs);
      theirs.push(theirsMs);
    }
  }
  const ratio = median(theirs) / median(ours);
  const speed = (tookMs: number): string => `${formatMegabytes((1_000 * uploadedBytes) / tookMs)}/s`;
  return {
    what: `write a stream of ${formatMegabytes(uploadedBytes)}`,
    measured: speed(median(ours)),
    baseline: `the official client's Upload of the same file, ${speed(median(theirs))}`,
    ratio: `${Math.round(100 * ratio)}%`,
    bar: '>= 80%',
    holds: ratio >= 0.8,
  };
}

async function timeMs(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
