import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { interruptedStore } from '../testing/interrupted-store.ts';
import { randomFrom, seeds } from '../testing/random.ts';
import { publishSample, sampleSummary, sampleWriter, writeUnder } from '../testing/sample-location.ts';
import { backupFiles } from './backup-files.ts';
import { abandonBackup, claimBackup, publishSummary } from './claim-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { listBackups } from './list-backups.ts';

const dayMs = 86_400_000;
const files = backupFiles('nightly');

/** Of a host of which nothing but its claims is known. */
const elsewhere = { host: 'elsewhere#11111111' };
/** Every other process of the host is dead. */
const isRunning = (): boolean => false;

describe('claiming a backup', () => {
  it('writes who writes it, before anything else', async () => {
    const store = openMemoryStore();
    const writer = sampleWriter({ id: 'an-id', pid: 4711 });
    expect(await claimBackup(store, 'nightly', { writer })).toEqual({
      ...{ name: 'nightly', files, writer, key: 'backups/nightly/claim.json' },
    });
    expect(await contents(store)).toEqual({
      'backups/nightly/claim.json':
        '{"id":"an-id","purpose":"write","host":"here#00000000","pid":4711,"claimedAt":"2026-11-21T08:30:00Z"}\n',
    });
  });

  it('lets one of ten writers win and tells the others who did', async () => {
    const store = openMemoryStore();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => claimBackup(store, 'nightly', { writer: sampleWriter() })),
    );
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(won).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'BACKUP_CLAIMED' });
    }
    expect(Object.keys(await contents(store))).toEqual([files.claim]);
  });

  it('says who writes it since when, and what to do when that process is gone', async () => {
    const store = openMemoryStore();
    await claimBackup(store, 'nightly', { writer: sampleWriter({ pid: 4711 }) });
    await expect(claimBackup(store, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_CLAIMED',
      message:
        'the backup nightly in memory: is being written by process 4711 on here since 2026-11-21T08:30:00Z; it was left alone',
      hint: 'wait for that process; when it is gone: kubectl infrabackup delete nightly --from memory: --force',
    });
  });

  it('refuses a name that is taken, and leaves that backup as it is', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'nightly');
    const before = await contents(store);
    const claim = claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
    await expect(claim).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(await contents(store)).toEqual(before);
  });

  it("refuses a folder with another program's files, and leaves it as it is", async () => {
    const store = openMemoryStore();
    await store.create(files.archive, Buffer.from("Velero's"));
    await store.create(files.velero, Buffer.from('{}'));
    const before = await contents(store);
    await expect(claimBackup(store, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
      refs: [files.archive, files.velero],
    });
    expect(await contents(store)).toEqual(before);
  });

  it('leaves nothing when it is cancelled', async () => {
    for (const cancelAt of ['create', 'list', 'read'] as const) {
      const memory = openMemoryStore();
      const stop = new AbortController();
      const store = interruptedStore(memory, (operation) => {
        if (operation === cancelAt) stop.abort();
      });
      const claim = claimBackup(store, 'nightly', { writer: sampleWriter(), signal: stop.signal });
      await expect(claim).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await contents(memory)).toEqual({});
    }
  });

  it('holds when the store answered twice that the key was taken, by the claim itself', async () => {
    const store = withLostAnswers(openMemoryStore());
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    await publishSummary(store, held, Buffer.from(JSON.stringify(sampleSummary('nightly'))));
    expect(await listed(store)).toEqual(['nightly']);
  });
});

describe('the claim of a writer that is gone', () => {
  const at = { timeMs: 0 };
  const clock = { now: () => at.timeMs };

  it.each([
    ['its process is dead', {}, { isRunning }, 0, true],
    ['its process runs', {}, {}, 0, false],
    ['another host wrote it a day ago', elsewhere, {}, dayMs + 1, true],
    ['another host wrote it less than a day ago', elsewhere, { isRunning }, dayMs - 60_000, false],
    ['a process of its number runs, but it is a day old', {}, {}, dayMs + 1, true],
  ])('is taken over as stale or not when %s', async (_, owner, taker, ageMs, taken) => {
    at.timeMs = 1_000;
    const store = openMemoryStore({ clock });
    const gone = await claimBackup(store, 'nightly', { writer: sampleWriter(owner) });
    await store.create(files.archive, Buffer.from('half a backup'));
    const before = await contents(store);
    at.timeMs += ageMs;

    // The local clock has no say: it stands at the same time all along.
    const writer = sampleWriter(taker);
    if (!taken) {
      await expect(claimBackup(store, 'nightly', { writer })).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
      expect(await contents(store)).toEqual(before);
      return;
    }
    const held = await claimBackup(store, 'nightly', { writer });
    expect(Object.keys(await contents(store))).toEqual([`${files.folder}claim-${gone.writer.id}.json`, files.claim]);
    await writeUnder(store, held);
    expect(await listed(store)).toEqual(['nightly']);
    expect((await store.read(files.archive)).toString()).toBe(held.writer.id);
  });

  it('is taken over by one of ten', async () => {
    const store = openMemoryStore();
    await claimBackup(store, 'nightly', { writer: sampleWriter({ pid: -1 }) });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning: (pid) => pid !== -1 }) }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over again and again', async () => {
    const store = openMemoryStore();
    for (let i = 0; i < 4; i++) await claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
    await expect(claimBackup(store, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_CLAIMED',
    });
    await deleteBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
    expect(await contents(store)).toEqual({});
  });

  it.each(['', 'null', '{"id":', '{"id":"../../x","pid":"x"}', '[]'])(
    'that is damaged (%j) counts for a day, then it is taken over',
    async (text) => {
      at.timeMs = 0;
      const store = openMemoryStore({ clock });
      await store.create(files.claim, Buffer.from(text));
      const claim = (): Promise<unknown> => claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
      await expect(claim()).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
      at.timeMs += dayMs + 1;
      await claim();
      expect(Object.keys(await contents(store))).toEqual([`${files.folder}claim-unreadable.json`, files.claim]);
    },
  );

  it('that was only slow: it is told, nothing of it is listed, and it touches nothing of the other', async () => {
    const store = openMemoryStore();
    const slow = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
    await store.create(files.archive, Buffer.from(held.writer.id));
    const before = await contents(store);

    const publish = publishSummary(store, slow, Buffer.from('a summary'));
    await expect(publish).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
    await abandonBackup(store, slow);
    expect(await contents(store)).toEqual(before);
  });
});

describe('abandoning a backup', () => {
  it('removes all that was written of it, so that the name is free', async () => {
    const store = openMemoryStore();
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    await store.create(files.archive, Buffer.from('half a backup'));
    await abandonBackup(store, held);
    expect(await contents(store)).toEqual({});
    await publishSample(store, 'nightly');
    expect(await listed(store)).toEqual(['nightly']);
  });

  it('gives back why it could not, rather than hide why the backup failed', async () => {
    const store = openMemoryStore();
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    const away = interruptedStore(store, () => {
      throw new AppError('STORE_UNAVAILABLE', 'no route');
    });
    expect(await abandonBackup(away, held)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await abandonBackup(store, held)).toBeUndefined();
  });

  it('removes what was written after somebody deleted the backup, though the claim is gone', async () => {
    const store = openMemoryStore();
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    await deleteBackup(store, 'nightly', { writer: sampleWriter(), force: true });
    await store.create(files.archive, Buffer.from('half a backup'));
    await abandonBackup(store, held);
    expect(await contents(store)).toEqual({});
  });
});

describe('writers and deleters of one name', () => {
  /** Each step of each of them comes in any order; half the time a writer is taken for dead though it is only slow. */
  async function contend(seed: number, writers: number, deleters: number) {
    const random = randomFrom(seed);
    const memory = openMemoryStore();
    const store = interruptedStore(memory, async () => {
      for (let turns = random.below(12); turns > 0; turns--) await new Promise(setImmediate);
    });
    const slow = new Set<number>();
    const isRunning = (pid: number): boolean => !slow.has(pid) || random.chance(0.5);
    const write = async (): Promise<string> => {
      const writer = sampleWriter({ isRunning });
      const held = await claimBackup(store, 'nightly', { writer });
      slow.add(writer.pid);
      try {
        await writeUnder(store, held);
        return writer.id;
      } catch (error) {
        await abandonBackup(store, held);
        throw error;
      }
    };
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: writers }, write),
      ...Array.from({ length: deleters }, () =>
        deleteBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) }),
      ),
    ]);
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
    const won = outcomes.slice(0, writers).flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    return { memory, codes, won };
  }

  it.each(seeds(60))('never mix what they write (seed %i)', async (seed) => {
    const { memory, codes } = await contend(seed, 4, 2);
    const expected = new Set(['BACKUP_CLAIMED', 'BACKUP_EXISTS', 'BACKUP_NOT_FOUND', 'STORE_EXISTS']);
    expect(codes.filter((code) => !expected.has(code))).toEqual([]);
    for await (const { summary } of listBackups(memory)) {
      for (const key of [files.archive, files.index, files.velero]) {
        expect((await memory.read(key)).toString(), key).toBe(summary!.labels['writer']);
      }
    }
  });

  it.each(seeds(60))('never take away what one of them was told it has (seed %i)', async (seed) => {
    const { memory, won } = await contend(seed, 5, 0);
    const found = (await Array.fromAsync(listBackups(memory))).map(({ summary }) => summary!.labels['writer']);
    expect(found).toEqual(won);
  });
});

describe('a store that cannot create conditionally', () => {
  it('lets one of several writers go on, by looking again after a while', async () => {
    const store = openMemoryStore({ capabilities: { conditionalCreate: false } });
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => claimBackup(store, 'nightly', { writer: sampleWriter(), settleMs: 20 })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(Object.keys(await contents(store))).toEqual([files.claim]);
  });

  it('stops waiting when it is cancelled, and leaves nothing', async () => {
    const store = openMemoryStore({ capabilities: { conditionalCreate: false } });
    const claim = claimBackup(store, 'nightly', {
      writer: sampleWriter(),
      settleMs: 3_600_000,
      signal: AbortSignal.timeout(30),
    });
    await expect(claim).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await contents(store)).toEqual({});
  });
});

async function contents(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list('')) found[key] = (await store.read(key)).toString();
  return found;
}

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : String(error);
}

async function listed(store: Store): Promise<string[]> {
  return (await Array.fromAsync(listBackups(store))).flatMap(({ name, summary }) => (summary ? [name] : []));
}

/** A store whose answer to each create is lost, so that the driver asks again and finds the key taken. */
function withLostAnswers(store: Store): Store {
  const asked = interruptedStore(store, () => undefined);
  return {
    ...asked,
    async create(key, body, signal) {
      await asked.create(key, body, signal);
      await asked.create(key, body, signal);
    },
  };
}
