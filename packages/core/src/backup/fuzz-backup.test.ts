import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { storeSource } from '../archive/archive-source.ts';
import { unpackMember } from '../archive/gzip-member.ts';
import { openArchiveFile, openBackup, type Backup } from '../archive/open-backup.ts';
import { backupFile, sealSummary, type BackupSummary, type IndexBlock } from '../archive/summary.ts';
import { verifyArchiveFile, verifyBackup } from '../archive/verify-backup.ts';
import { isAppError } from '../errors/app-error.ts';
import { backupFiles } from '../location/backup-files.ts';
import { bytesDigest } from '../object/content-digest.ts';
import { formatRef } from '../object/ref.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { packMember } from '../testing/pack-member.ts';
import { randomFrom, seeds, type Random } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { sampleWriter } from '../testing/sample-location.ts';
import { copyBackup } from './copy-backup.ts';
import { rewriteBackup } from './rewrite-backup.ts';

// FUZZ_ROUNDS=5000 npx vitest run packages/core/src/backup/fuzz-backup.test.ts; a failure names its seed, which SEED repeats.
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 15);

const files = backupFiles('sample');
const everyFile = [files.summary, files.archive, files.index, files.velero];

/** What may be said of a backup that is not whole. */
const known = ['BACKUP_DAMAGED', 'BACKUP_FORMAT', 'BACKUP_NOT_FOUND', 'KEY_MISSING', 'KEY_WRONG'] as const;
/** What reading of a backup of half a MiB may take at any time, with the garbage of all rounds before. */
const memoryLimitBytes = 512 << 20;

let whole: ReadonlyMap<string, Buffer>;
let summary: BackupSummary;
/** The digests of the objects as they were stored. */
let digests: ReadonlyMap<string, string>;
/** The lines of each block of the index, the heading first. */
let blocks: readonly (readonly string[])[];
let rssBefore: number;

beforeAll(async () => {
  const objects = randomSample(randomFrom(11), 80);
  const { store, summary: written } = await writeSample(objects);
  whole = new Map(await Promise.all(everyFile.map(async (key) => [key, await store.read(key)] as const)));
  summary = written;
  digests = new Map(objects.map(({ ref, json }) => [formatRef(ref), bytesDigest(Buffer.from(json))]));
  blocks = await Promise.all(
    written.index.blocks.map(async ({ offset, length }) => {
      const packed = whole.get(files.index)!.subarray(offset, offset + length);
      return (await unpackMember(packed, 1 << 24, 'it')).toString().trimEnd().split('\n');
    }),
  );
  rssBefore = process.resourceUsage().maxRSS * 1024;
});

describe('a backup of which bytes were changed', () => {
  test.each(seeds(rounds))('gives what was stored, or says that it is damaged, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const key = random.pick(everyFile);
    const spoilt = spoil(whole.get(key)!, random);
    const store = await storeOf(new Map([...whole, [key, spoilt]]));
    await expectHonest(store, { isForged: false });
    if (saysTheSame(key, spoilt)) return;
    const found = await verifyBackup(store, 'sample').catch((error: unknown) => error);
    expect(isAppError(found, 'BACKUP_FORMAT') || (found as { findings: unknown[] }).findings.length > 0).toBe(true);
  });

  test.each(seeds(rounds))('of which two places were exchanged, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const members = new Map(
      blocks.flatMap(([heading = '']) => (JSON.parse(heading) as { members: [number, number][] }).members),
    );
    const index = summary.index.blocks.map(({ offset, length }) => [offset, length] as const);
    const [key, extents] = random.pick([[files.archive, [...members]] as const, [files.index, index] as const]);
    const swapped = swap(whole.get(key)!, random.pick(extents), random.pick(extents));
    await expectHonest(await storeOf(new Map([...whole, [key, swapped]])), { isForged: false });
  });
});

describe('a backup that somebody forged who makes every digest right again', () => {
  test.each(seeds(rounds))('in its summary, seed %i', async (seed) => {
    const random = randomFrom(seed);
    let forged: unknown = summary;
    for (let changes = 1 + random.below(3); changes > 0; changes--) forged = forge(forged, random);
    await expectHonest(await storeOf(resealed(forged)), { isForged: true });
  });

  test.each(seeds(rounds))('in its index, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const changed = blocks.map((lines) => [...lines]);
    for (let changes = 1 + random.below(3); changes > 0; changes--) forgeLine(random.pick(changed), random);
    const packed = await Promise.all(changed.map((lines) => packMember(Buffer.from(`${lines.join('\n')}\n`), 1)));
    let offset = 0;
    const described = packed.map((bytes, i): IndexBlock => {
      const block = { ...summary.index.blocks[i]!, offset, length: bytes.length, sha256: bytesDigest(bytes) };
      offset += bytes.length;
      return block;
    });
    const index = Buffer.concat(packed);
    const forged = { ...summary, index: { ...backupFile(summary.index.name, index), blocks: described } };
    await expectHonest(await storeOf(new Map([...resealed(forged), [files.index, index]])), { isForged: true });
  });

  test.each(seeds(rounds))('in the tar of its members, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const archive = whole.get(files.archive)!;
    const [heading = ''] = random.pick(blocks);
    const [offset, length] = random.pick((JSON.parse(heading) as { members: [number, number][] }).members);
    const content = await unpackMember(archive.subarray(offset, offset + length), 1 << 24, 'it');
    forgeHeader(content, random);
    const member = await packMember(content, 1);
    const spliced = Buffer.concat([archive.subarray(0, offset), member, archive.subarray(offset + length)]);
    const forged = {
      ...summary,
      archive: { ...summary.archive, ...backupFile(summary.archive.name, spliced) },
    };
    await expectHonest(await storeOf(new Map([...resealed(forged), [files.archive, spliced]])), { isForged: true });
  });
});

/**
 * Goes through every door that reads a backup. Each ends as it should with the right bytes, or with one of the known
 * errors; nothing is written but the files of a backup, and a copy that fails does not appear.
 */
async function expectHonest(store: Store, { isForged }: { readonly isForged: boolean }): Promise<void> {
  const archive = await store.stat(files.archive);
  const alone = storeSource(store, files.archive, archive!.sizeBytes);
  await expectKnown(verifyBackup(store, 'sample'));
  await expectKnown(verifyArchiveFile(alone));
  await expectKnown(openArchiveFile(alone).then((backup) => readAll(backup, isForged)));
  await expectKnown(openBackup(store, 'sample').then((backup) => readAll(backup, isForged)));
  const writer = sampleWriter();
  const copied = openMemoryStore();
  await expectKnown(copyBackup({ from: store, name: 'sample', to: copied, writer }));
  const rewritten = openMemoryStore();
  const anew = { to: rewritten, name: 'anew', encryption: undefined, writer, tool: 'a test' };
  const openSpool = () => Promise.resolve(memorySpool());
  const made = await expectKnown(
    openBackup(store, 'sample').then((backup) => rewriteBackup({ backup, ...anew, openSpool })),
  );
  for await (const { key } of copied.list('')) expect(key).toMatch(/^backups\/sample\/[a-z.-]+$/);
  for await (const { key } of rewritten.list('')) {
    expect(key).toMatch(/^backups\/anew\/[a-z.-]+$/);
    if (made === undefined) expect(key).not.toContain('summary');
  }
  if (made !== undefined) expect((await verifyBackup(rewritten, 'anew')).findings).toEqual([]);
  expect(process.resourceUsage().maxRSS * 1024 - rssBefore).toBeLessThan(memoryLimitBytes);
}

async function readAll(backup: Backup, isForged: boolean): Promise<void> {
  for await (const rows of backup.rows()) for (const row of rows) row.entry();
  for await (const { entry, bytes } of backup.readMany(backup.entries())) {
    expect(bytesDigest(bytes)).toBe(entry.stored);
    if (!isForged) expect(bytesDigest(bytes)).toBe(digests.get(formatRef(entry)));
    expect(await backup.read(entry)).toEqual(bytes);
    expect(await backup.find(entry)).toEqual(entry);
  }
}

/** What came of it; undefined where it failed as it may. */
async function expectKnown<T>(outcome: Promise<T>): Promise<T | undefined> {
  try {
    return await outcome;
  } catch (error) {
    if (known.some((code) => isAppError(error, code))) return undefined;
    throw error;
  }
}

async function storeOf(contents: ReadonlyMap<string, Buffer>): Promise<Store> {
  const store = openMemoryStore();
  for (const [key, bytes] of contents) await store.create(key, bytes);
  return store;
}

/** The backup with a summary whose digest is right. */
function resealed(forged: unknown): Map<string, Buffer> {
  const isObject = typeof forged === 'object' && forged !== null && !Array.isArray(forged);
  const sealed = isObject ? sealSummary(forged as BackupSummary) : forged;
  return new Map([...whole, [files.summary, Buffer.from(JSON.stringify(sealed))]]);
}

/** Whether the bytes are those of the file, or JSON with the very same members: a summary's digest is over what it says. */
function saysTheSame(key: string, spoilt: Buffer): boolean {
  const own = whole.get(key)!;
  if (spoilt.equals(own)) return true;
  if (key !== files.summary) return false;
  try {
    return isDeepStrictEqual(JSON.parse(spoilt.toString()), JSON.parse(own.toString()));
  } catch {
    return false;
  }
}

function spoil(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length);
  const until = Math.min(bytes.length, from + 1 + random.below(2_000));
  const changed = Buffer.from(bytes);
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(until)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, until), bytes.subarray(from)]);
    case 3:
      return changed.fill(0, from, until);
    case 4:
      return whole.get(random.pick(everyFile))!;
    default:
      for (let flips = 1 + random.below(4); flips > 0; flips--)
        changed[random.below(changed.length)]! ^= 1 << random.below(8);
      return changed;
  }
}

type Extent = readonly [offset: number, length: number];

function swap(bytes: Buffer, one: Extent, other: Extent): Buffer {
  if (one[0] > other[0]) return swap(bytes, other, one);
  const [from, fromLength] = one;
  const [to, toLength] = other;
  if (from === to) return bytes;
  const cut = (start: number, end?: number): Buffer => bytes.subarray(start, end);
  return Buffer.concat([
    ...[cut(0, from), cut(to, to + toLength), cut(from + fromLength, to)],
    ...[cut(from, from + fromLength), cut(to + toLength)],
  ]);
}

/** The value with another one at some place in it. */
function forge(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.05)) return hostile(value, random);
  if (Array.isArray(value)) {
    const items = value as unknown[];
    const at = random.below(items.length + 1);
    if (at === items.length || random.chance(0.1)) return [...items, random.pick([...items, 0])];
    return random.chance(0.1) ? items.toSpliced(at, 1) : items.with(at, forge(items[at], random));
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0) return { x: hostile(undefined, random) };
  const [name, member] = random.pick(entries);
  if (random.chance(0.1)) return Object.fromEntries(entries.filter(([other]) => other !== name));
  return { ...value, [name]: forge(member, random) };
}

function hostile(value: unknown, random: Random): unknown {
  const near = typeof value === 'number' ? [value + 1, value - 1, -value, value * 2] : [];
  return random.pick<unknown>([
    ...near,
    ...[0, -1, 0.5, 10 * 2 ** 30, 2 ** 53, 2 ** 60, 1e308],
    ...['', '.', '..', '../../etc/passwd', '/etc/passwd', 'a/b', '\0', 'x'.repeat(70_000), '__proto__', 'A'.repeat(43)],
    ...[null, true, [], {}, [[[]]], { toString: 1, length: 5 }],
  ]);
}

function forgeLine(lines: string[], random: Random): void {
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  switch (random.below(6)) {
    case 0:
      lines.splice(random.below(lines.length + 1), 0, line);
      return;
    case 1:
      lines.splice(at, 1);
      return;
    case 2:
      lines.reverse();
      return;
    case 3:
      lines[at] = line.slice(0, random.below(line.length + 1));
      return;
    default:
      try {
        lines[at] = JSON.stringify(forge(JSON.parse(line), random));
      } catch {
        // Cut off by a change before this one.
        lines[at] = '';
      }
  }
}

/** Of some entry of the tar: 10 GiB, no size, a path that climbs, another kind of entry, or anything else. */
function forgeHeader(content: Buffer, random: Random): void {
  const headers = Array.from({ length: content.length / 512 }, (_, i) => i * 512).filter((at) =>
    content.subarray(at + 257, at + 262).equals(Buffer.from('ustar')),
  );
  const at = random.pick(headers);
  switch (random.below(5)) {
    case 0:
      content[at + 124] = 0x80;
      content.writeBigUInt64BE(10n << 30n, at + 128);
      break;
    case 1:
      content.write('77777777777\0', at + 124, 'latin1');
      break;
    case 2:
      content.write('../../../etc/passwd\0', at, 'latin1');
      break;
    case 3:
      content.write(random.pick(['1', '2', '5', 'L', 'x', 'g', 'K']), at + 156, 'latin1');
      break;
    default:
      content[at + random.below(512)] = random.below(256);
  }
  if (random.chance(0.2)) return;
  content.fill(' ', at + 148, at + 156);
  const sum = content.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  content.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}
