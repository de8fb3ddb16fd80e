import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isAppError } from '../errors/app-error.ts';
import { backupFiles } from '../location/backup-files.ts';
import { formatRef } from '../object/ref.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { packMember } from '../testing/pack-member.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { indexPath } from './archive-layout.ts';
import { storeSource } from './archive-source.ts';
import { formatTail, parseTail, tailBytes } from './archive-tail.ts';
import type { ArchiveTail } from './archive-tail.ts';
import { unpackMember } from './gzip-member.ts';
import type { Finding } from './finding.ts';
import { openBackup } from './open-backup.ts';
import { backupFile, sealSummary } from './summary.ts';
import type { BackupSummary, TypeSummary } from './summary.ts';
import { tarPath, writeTarHeader } from './tar-entry.ts';
import { verifyArchiveFile, verifyBackup } from './verify-backup.ts';

const files = backupFiles('sample');
const { summary: summaryKey, archive: archiveKey, index: indexKey, velero: veleroKey } = files;
const everyFile = [summaryKey, archiveKey, indexKey, veleroKey];

/** A backup as its files, to be spoilt and put into a store of its own. */
interface SpoilableBackup {
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly summary: BackupSummary;
  readonly count: number;
}

async function sample(seed: number, count: number): Promise<SpoilableBackup> {
  const objects = randomSample(randomFrom(seed), count);
  const { store, summary } = await writeSample(objects);
  const contents = new Map<string, Buffer>();
  for (const key of everyFile) contents.set(key, await store.read(key));
  return { contents, summary, count: objects.length };
}

async function storeOf(contents: ReadonlyMap<string, Buffer>): Promise<Store> {
  const store = openMemoryStore();
  for (const [key, bytes] of contents) await store.create(key, bytes);
  return store;
}

async function findingsIn(contents: ReadonlyMap<string, Buffer>): Promise<readonly Finding[]> {
  return (await verifyBackup(await storeOf(contents), 'sample')).findings;
}

/** Whether the damage is told: by findings, or, where it makes the summary one of another format, by refusing that. */
async function isNoticed(contents: ReadonlyMap<string, Buffer>): Promise<boolean> {
  try {
    return (await findingsIn(contents)).length > 0;
  } catch (error) {
    return isAppError(error, 'BACKUP_FORMAT');
  }
}

function withFile({ contents }: SpoilableBackup, key: string, change: (bytes: Buffer) => Buffer): Map<string, Buffer> {
  return new Map(contents).set(key, change(Buffer.from(contents.get(key)!)));
}

function flip(at: number, bit = 1): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes[at]! ^= bit;
    return bytes;
  };
}

describe('a whole backup', () => {
  test.each(seeds(3))('has no findings, with or without ranges or the files beside it, seed %i', async (seed) => {
    const { contents, summary, count } = await sample(seed, 500);
    const store = await storeOf(contents);
    const expected = { digest: summary.digest, objects: count, locked: [], findings: [] };
    expect(await verifyBackup(store, 'sample', { digest: summary.digest })).toEqual(expected);
    const archive = storeSource(store, archiveKey, contents.get(archiveKey)!.length);
    expect(await verifyArchiveFile(archive)).toEqual({ ...expected, digest: undefined });
  });

  test('of nothing has no findings', async () => {
    const { contents } = await sample(1, 0);
    expect(await findingsIn(contents)).toEqual([]);
  });

  test('that is another one than asked for is told apart from a damaged one', async () => {
    const { contents, summary } = await sample(1, 5);
    const digest = `sha256:${'0'.repeat(64)}`;
    const { findings } = await verifyBackup(await storeOf(contents), 'sample', { digest });
    expect(findings).toEqual([
      { kind: 'other-digest', message: `the backup's digest is ${summary.digest}, not ${digest}`, refs: [] },
    ]);
  });
});

describe('a single flipped bit', () => {
  test.each(seeds(2))('is noticed wherever it is, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const backup = await sample(seed, 60);
    for (let i = 0; i < 40; i++) {
      const key = random.pick(everyFile);
      const at = random.below(backup.contents.get(key)!.length);
      const damaged = withFile(backup, key, flip(at, 1 << random.below(8)));
      expect(await isNoticed(damaged), `a bit of byte ${at} of ${key}`).toBe(true);
    }
  });

  test.each(everyFile)('is noticed all over %s', async (key) => {
    const backup = await sample(1, 2);
    for (const at of spread(backup.contents.get(key)!.length, 300)) {
      expect(await isNoticed(withFile(backup, key, flip(at, 1 << (at % 8)))), `byte ${at}`).toBe(true);
    }
  });

  test('of an archive alone is noticed all over it, or changes nothing that tar reads', async () => {
    const backup = await sample(1, 3);
    const whole = backup.contents.get(archiveKey)!;
    const places = spread(whole.length, 1500);
    let harmless = 0;
    for (const at of places) {
      const changed = flip(at, 1 << (at % 8))(Buffer.from(whole));
      if ((await alone(changed).catch(asFindings)).length > 0) continue;
      harmless++;
      expect(gunzipSync(changed).equals(gunzipSync(whole)), `byte ${at}`).toBe(true);
    }
    // The bits that fill up the last byte of a deflate stream, and lengths of codes that it does not use.
    expect(harmless).toBeLessThan(places.length / 50);
  });
});

/** Places all over a file: each of its bytes when it has no more than `count`. */
function spread(length: number, count: number): number[] {
  const step = Math.max(1, length / count);
  return Array.from({ length: Math.floor(length / step) }, (_, i) => Math.floor(i * step));
}

async function alone(archive: Buffer): Promise<readonly Finding[]> {
  const source = storeSource(await storeOf(new Map([[archiveKey, archive]])), archiveKey, archive.length);
  return (await verifyArchiveFile(source)).findings;
}

function asFindings(error: unknown): readonly unknown[] {
  expect(isAppError(error, 'BACKUP_FORMAT')).toBe(true);
  return [error];
}

describe('a file cut off', () => {
  test.each(seeds(2))('is noticed wherever it ends, and what is left is still verified, seed %i', async (seed) => {
    const random = randomFrom(seed);
    const backup = await sample(seed, 80);
    for (const key of everyFile) {
      const { length } = backup.contents.get(key)!;
      for (const end of [0, 1, length - 1, ...Array.from({ length: 12 }, () => random.below(length))]) {
        const cut = withFile(backup, key, (bytes) => bytes.subarray(0, end));
        expect(await isNoticed(cut), `${key} cut at ${end}`).toBe(true);
      }
    }
  });

  test('of the archive tells how many objects are lost, and which', async () => {
    const backup = await sample(1, 80);
    const findings = await findingsIn(withFile(backup, archiveKey, (bytes) => bytes.subarray(0, bytes.length / 3)));
    const cut = findings.find(({ message }) => message.startsWith('the archive is cut off'));
    expect(cut?.message).toBe(
      `the archive is cut off: ${cut!.refs.length} objects from ${formatRef(cut!.refs[0]!)} on are not in it`,
    );
    expect(cut?.refs.length).toBeGreaterThan(20);
  });

  test.each(everyFile)('and gone altogether is noticed: %s', async (key) => {
    const { contents } = await sample(1, 10);
    const left = new Map([...contents].filter(([each]) => each !== key));
    if (key === summaryKey) await expect(findingsIn(left)).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    else expect(await findingsIn(left)).not.toEqual([]);
  });

  test.each(everyFile)('or with something behind its end is noticed: %s', async (key) => {
    const backup = await sample(1, 10);
    expect(await isNoticed(withFile(backup, key, (bytes) => Buffer.concat([bytes, Buffer.from('{}')])))).toBe(true);
  });
});

describe('several damages', () => {
  test('are all named: each object, each file', async () => {
    const backup = await sample(7, 400);
    const store = await storeOf(backup.contents);
    const backupThere = await openBackup(store, 'sample');
    const all = await Array.fromAsync(backupThere.entries());
    const members = [...new Set(all.map((entry) => entry.memberOffset))];
    expect(members.length).toBeGreaterThan(4);
    const damaged = [members[1]!, members.at(-1)!];
    const archive: Buffer = Buffer.from(backup.contents.get(archiveKey)!);
    for (const offset of damaged) flip(offset + 40)(archive);
    const index = flip(100)(Buffer.from(backup.contents.get(indexKey)!));
    const findings = await findingsIn(
      new Map(backup.contents).set(archiveKey, archive).set(indexKey, index).set(veleroKey, Buffer.from('{}')),
    );

    const named = new Set(findings.filter(({ kind }) => kind === 'object').flatMap(({ refs }) => refs.map(formatRef)));
    const lost = all.filter((entry) => damaged.includes(entry.memberOffset)).map(formatRef);
    expect([...named].sort()).toEqual(lost.sort());
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['object', 'archive', 'index', 'velero']));
  });

  test('of both copies of the index leave the objects of other blocks verified', async () => {
    const backup = await sample(7, 1500);
    const [, second] = backup.summary.index.blocks;
    const spoil = (start: number): ((bytes: Buffer) => Buffer) => flip(start + second!.offset + 50);
    const contents = new Map<string, Buffer>(backup.contents)
      .set(indexKey, spoil(0)(Buffer.from(backup.contents.get(indexKey)!)))
      .set(archiveKey, spoil(backup.summary.archive.indexOffset)(Buffer.from(backup.contents.get(archiveKey)!)));
    const { findings, objects } = await verifyBackup(await storeOf(contents), 'sample');
    expect(findings.map(({ kind }) => kind).sort()).toEqual(['archive', 'archive', 'index', 'index']);
    expect(objects).toBeGreaterThan(backup.count / 2);
    expect(objects).toBeLessThan(backup.count);
  });

  test('of the summary do not keep the archive from being verified', async () => {
    const backup = await sample(1, 20);
    const contents = withFile(backup, summaryKey, () => Buffer.from('not JSON'));
    contents.set(archiveKey, flip(300)(Buffer.from(backup.contents.get(archiveKey)!)));
    const { findings, objects } = await verifyBackup(await storeOf(contents), 'sample');
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['summary', 'object']));
    expect(objects).toBeGreaterThan(0);
  });
});

describe('a summary that was sealed anew over something that is not so', () => {
  const resealed = async (change: (backup: SpoilableBackup) => Promise<Map<string, Buffer>>): Promise<string[]> => {
    const backup = await sample(3, 60);
    return (await findingsIn(await change(backup))).map(({ message }) => message);
  };
  const seal = (backup: SpoilableBackup, overrides: Partial<BackupSummary>): Map<string, Buffer> =>
    new Map<string, Buffer>(backup.contents).set(
      summaryKey,
      Buffer.from(JSON.stringify(sealSummary({ ...backup.summary, ...overrides }))),
    );

  test('is told from what the archive says about itself', async () => {
    const messages = await resealed((backup) => Promise.resolve(seal(backup, { labels: { by: 'another' } })));
    expect(messages).toEqual(['what the archive says about itself is not what the summary says']);
  });

  test.each<[string, (type: TypeSummary) => TypeSummary, RegExp]>([
    ['a count', (type) => ({ ...type, count: type.count + 1 }), /^the summary counts \d+ configmaps/],
    ['a size', (type) => ({ ...type, sizeBytes: 1 }), /^the summary counts \d+ configmaps of 1 bytes/],
    ['a namespace', (type) => ({ ...type, namespaces: { other: 1 } }), /in other namespaces$/],
  ])('is told from the index: %s', async (_, change, message) => {
    const messages = await resealed((backup) => {
      const types = backup.summary.types.map((type) => (type.plural === 'configmaps' ? change(type) : type));
      return Promise.resolve(seal(backup, { types }));
    });
    expect(messages).toContainEqual(expect.stringMatching(message));
  });

  test('is told when a type of the index is not counted at all', async () => {
    const messages = await resealed((backup) =>
      Promise.resolve(seal(backup, { types: backup.summary.types.filter(({ plural }) => plural !== 'configmaps') })),
    );
    expect(messages).toContain('the index has configmaps, the summary does not');
  });

  /** The archive with its description changed, and a tail and a summary that say where it now lies. */
  async function withDescription(
    backup: SpoilableBackup,
    change: (header: Buffer) => void,
    tailOf: (tail: ArchiveTail) => ArchiveTail = (tail) => tail,
  ): Promise<Map<string, Buffer>> {
    const archive = backup.contents.get(archiveKey)!;
    const { headerOffset, indexOffset } = parseTail(archive.subarray(-tailBytes), archive.length);
    const header = await unpackMember(archive.subarray(headerOffset, indexOffset), 1 << 20, 'the header');
    change(header);
    const packed = await packMember(header, 1);
    const tail = { headerOffset, indexOffset: headerOffset + packed.length };
    const before = [archive.subarray(0, headerOffset), packed, archive.subarray(indexOffset, -tailBytes)];
    const forged = Buffer.concat([...before, formatTail(tailOf(tail))]);
    const file = { ...backupFile(backup.summary.archive.name, forged), indexOffset: tail.indexOffset };
    return seal(backup, { archive: file }).set(archiveKey, forged);
  }

  test('is told when the tar header of the index has another length than the index', async () => {
    const messages = await resealed((backup) =>
      withDescription(backup, (header) => writeTarHeader(header, header.length - 512, tarPath(indexPath), 12_345)),
    );
    expect(messages).toEqual(["the archive's index has another length than its tar header says"]);
  });

  test('is told when the tail points to another place than the summary', async () => {
    const messages = await resealed((backup) =>
      withDescription(
        backup,
        () => undefined,
        (tail) => ({ ...tail, indexOffset: tail.indexOffset + 1 }),
      ),
    );
    expect(messages).toEqual(["the archive's tail names another place of the index than the summary"]);
  });
});
