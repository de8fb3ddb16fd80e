import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { backupFiles } from '../location/backup-files.ts';
import { isAppError } from '../errors/app-error.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { packMember } from '../testing/pack-member.ts';
import { randomFrom } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { gzipTrailer, unpackMember } from './gzip-member.ts';
import type { IndexLine } from './index-block.ts';
import { openBackup } from './open-backup.ts';
import { backupFile, sealSummary } from './summary.ts';
import type { BackupSummary } from './summary.ts';
import { verifyBackup } from './verify-backup.ts';

const files = backupFiles('sample');

/** Somebody who may write to the location, and knows the format: every digest that is not about an object is right. */
interface Forgery {
  /** The text of the index's only block, or its bytes. */
  readonly index: string | Buffer;
  readonly archive?: Buffer;
  readonly blockDigest?: string;
  readonly summary?: Partial<BackupSummary>;
}

async function forged(forge: (heading: string, lines: readonly IndexLine[]) => Forgery): Promise<Store> {
  // Few and small objects of one type: one block, one member.
  const objects = randomSample(randomFrom(3), 40).filter(
    ({ type, json }) => type.plural === 'configmaps' && json.length < 9_000,
  );
  const { store, summary } = await writeSample(objects);
  const packed = await store.read(files.index);
  const [heading = '', ...lines] = (await unpackMember(packed, 1 << 20, 'it')).toString().trimEnd().split('\n');
  const {
    index,
    archive,
    blockDigest,
    summary: overrides,
  } = forge(
    heading,
    lines.map((line) => JSON.parse(line) as IndexLine),
  );
  const block = typeof index === 'string' ? await packMember(Buffer.from(index), 1) : index;
  const [{ first }] = summary.index.blocks as unknown as readonly [{ first: string }];
  const blocks = [{ offset: 0, length: block.length, first, sha256: blockDigest ?? bytesDigest(block) }];
  const forgedStore = openMemoryStore();
  const archiveBytes = archive ?? (await store.read(files.archive));
  const resealed = sealSummary({
    ...summary,
    archive: { ...backupFile('sample.tar.gz', archiveBytes), indexOffset: summary.archive.indexOffset },
    index: { ...backupFile('sample-index.jsonl.gz', block), blocks },
    ...overrides,
  });
  await forgedStore.create(files.archive, archiveBytes);
  await forgedStore.create(files.index, block);
  await forgedStore.create(files.velero, await store.read(files.velero));
  await forgedStore.create(files.summary, Buffer.from(JSON.stringify(resealed)));
  return forgedStore;
}

const text = (heading: string, lines: readonly unknown[]): string =>
  [heading, ...lines.map((line) => JSON.stringify(line))].join('\n') + '\n';

/** The block with another value at one place of its second line. */
const secondLine =
  (place: number, value: unknown) =>
  (heading: string, lines: readonly IndexLine[]): Forgery => ({
    index: text(
      heading,
      lines.map((line, i) => (i === 1 ? line.with(place, value as string) : line)),
    ),
  });

const withMembers =
  (members: unknown) =>
  (_: string, lines: readonly IndexLine[]): Forgery => ({
    index: text(JSON.stringify({ type: 'configmaps', members }), lines),
  });

/** A gzip member that is small and unpacks to much. */
function bomb(unpackedBytes: number): Buffer {
  const zeros = Buffer.alloc(unpackedBytes);
  return Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]),
    deflateRawSync(zeros, { level: 9 }),
    gzipTrailer(zeros),
  ]);
}

const lies: readonly (readonly [string, (heading: string, lines: readonly IndexLine[]) => Forgery])[] = [
  ['a member past the end of the archive', withMembers([[100, 2 ** 40]])],
  ['a member at a place beyond all numbers', withMembers([[2 ** 60, 10]])],
  ['a member of no length', withMembers([[100, 0]])],
  ['a member that is another part of the archive', withMembers([[0, 100]])],
  ['a member of negative length', withMembers([[100, -1]])],
  ['members that are no list', withMembers('all')],
  ['another type', (_, lines) => ({ index: text('{"type":"../../etc","members":[[100,10]]}', lines) })],
  ['an entry of a member that is not listed', secondLine(2, 7)],
  ['an object before the start of its member', secondLine(3, -512)],
  ['an object past the end of its member', secondLine(3, 200_000)],
  ['an object longer than its member', secondLine(4, 150_000)],
  ['an object longer than the world', secondLine(4, 2 ** 50)],
  ['an object of half a byte', secondLine(4, 0.5)],
  ['an object shorter than it is', secondLine(4, 3)],
  ['another digest', secondLine(5, 'A'.repeat(43))],
  ['no digest', secondLine(5, '')],
  ['another content digest', secondLine(6, 'A'.repeat(43))],
  ['another uid', secondLine(7, 'another')],
  ['another owner', secondLine(8, ['another'])],
  ['owners that are no list', secondLine(8, 'another')],
  ['another name', secondLine(1, 'zzz')],
  ['a name that climbs', secondLine(1, '..')],
  ['a name that is a path', secondLine(1, 'a/../../b')],
  ['a namespace that climbs', secondLine(0, '..')],
  ['an object left out', (heading, lines) => ({ index: text(heading, lines.toSpliced(1, 1)) })],
  ['an object twice', (heading, lines) => ({ index: text(heading, lines.toSpliced(1, 0, lines[1]!)) })],
  ['objects in another order', (heading, lines) => ({ index: text(heading, [...lines].reverse()) })],
  [
    'a thousand objects in one place',
    (heading, [line]) => ({
      index: text(heading, [line, ...Array.from({ length: 1000 }, (_, i) => line!.with(1, `zz-${1000 + i}`))]),
    }),
  ],
  ['no object', (heading) => ({ index: text(heading, []) })],
  ['a line that is no entry', (heading, lines) => ({ index: text(heading, [...lines, { name: 'x' }]) })],
  ['a line that is not JSON', (heading, lines) => ({ index: `${text(heading, lines)}{\n` })],
  ['nothing at all', () => ({ index: '' })],
  ['a block that unpacks to 64 MiB', () => ({ index: bomb(1 << 26) })],
  ['bytes behind a block', (heading) => ({ index: Buffer.concat([bomb(10), Buffer.from(heading)]) })],
  ['an index deeper than a stack', (heading) => ({ index: `${heading}\n${'['.repeat(200_000)}` })],
];

describe('an index that lies, under a summary whose digest is right,', () => {
  test.each(lies)('is caught by verify: %s', async (_, forge) => {
    const { findings } = await verifyBackup(await forged(forge), 'sample');
    expect(findings.filter(({ kind }) => kind === 'index' || kind === 'object' || kind === 'count')).not.toEqual([]);
  });

  test.each(lies)('gives a reader the stored objects or an error that says so: %s', async (_, forge) => {
    const backup = await openBackup(await forged(forge), 'sample');
    try {
      for await (const { entry, bytes } of backup.readMany(backup.entries())) {
        expect(bytesDigest(bytes)).toBe(entry.stored);
        expect(await backup.read(entry)).toEqual(bytes);
      }
    } catch (error) {
      expect(isAppError(error, 'BACKUP_DAMAGED'), String(error)).toBe(true);
    }
  });
});

test('a member that unpacks to more than its objects is not unpacked', async () => {
  const store = await forged((_, lines) => {
    const archive = bomb(1 << 28);
    const heading = JSON.stringify({ type: 'configmaps', members: [[0, archive.length]] });
    return { index: text(heading, lines), archive };
  });
  const backup = await openBackup(store, 'sample');
  const before = process.memoryUsage().arrayBuffers;
  const [entry] = await Array.fromAsync(backup.entries());
  await expect(backup.read(entry!)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  const { findings } = await verifyBackup(store, 'sample');
  expect(findings.some(({ kind, message }) => kind === 'object' && message.includes('does not decompress'))).toBe(true);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
});

test('members that lie over one another are told as such', async () => {
  const store = await forged((heading, lines) => {
    const [[offset, length]] = (JSON.parse(heading) as { members: [[number, number]] }).members;
    const members = [
      [offset, length],
      [offset + 10, length - 10],
    ];
    const second = lines.map((line, i) => (i < lines.length - 1 ? line : line.with(2, 1)));
    return { index: text(JSON.stringify({ type: 'configmaps', members }), second) };
  });
  const { findings } = await verifyBackup(store, 'sample');
  expect(findings.map(({ message }) => message)).toContainEqual(expect.stringMatching(/lies over the one before it$/));
});

test('an index that is whole by itself, but not the one of the summary, is not believed', async () => {
  const store = await forged((heading, lines) => ({ index: text(heading, lines), blockDigest: 'A'.repeat(43) }));
  const backup = await openBackup(store, 'sample');
  await expect(Array.fromAsync(backup.entries())).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  await expect(backup.find({ type: 'configmaps', namespace: 'z', name: 'z' })).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
  });
});

test.each([
  ['an index that goes on past its blocks', { index: { name: 'x', sizeBytes: 9, sha256: '0'.repeat(64), blocks: [] } }],
  ['the summary of another backup', { name: 'other' }],
])('a summary is refused: %s', async (_, summary) => {
  const store = await forged((heading, lines) => ({ index: text(heading, lines), summary }));
  await expect(openBackup(store, 'sample')).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
});
