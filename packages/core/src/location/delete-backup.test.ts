import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { interruptedStore } from '../testing/interrupted-store.ts';
import { publishSample, sampleSummary, sampleWriter, writeUnder } from '../testing/sample-location.ts';
import { backupFiles } from './backup-files.ts';
import { claimBackup, publishSummary } from './claim-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { listBackups } from './list-backups.ts';
import { listDebris } from './list-debris.ts';

const files = backupFiles('nightly');
const whole = [files.archive, files.claim, files.index, files.summary, files.velero].sort();
/** Every other process of the host is dead. */
const isRunning = (): boolean => false;

describe('deleting a backup', () => {
  it('removes all of it and nothing else', async () => {
    const store = openMemoryStore();
    for (const name of ['night', 'nightly', 'nightly-2']) await publishSample(store, name);
    await store.create(`${files.folder}nightly-logs.gz`, Buffer.from("Velero's"));
    await deleteBackup(store, 'nightly', { writer: sampleWriter() });
    expect(await listed(store)).toEqual(['night', 'nightly-2']);
    expect((await keys(store)).filter((key) => key.startsWith(files.folder))).toEqual([]);
  });

  it.each([
    ['never existed', {}],
    ['is another tool’s', { [files.archive]: '', [files.velero]: '{}' }],
  ])('says that there is none when it %s, and leaves what is there', async (_, contents) => {
    const store = openMemoryStore();
    for (const [key, value] of Object.entries(contents)) await store.create(key, Buffer.from(value));
    await expect(deleteBackup(store, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    expect(await keys(store)).toEqual(Object.keys(contents).sort());
  });

  it('removes a backup whose claim was lost', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'nightly');
    await store.remove(files.claim);
    await deleteBackup(store, 'nightly', { writer: sampleWriter() });
    expect(await keys(store)).toEqual([]);
  });

  it('leaves alone what somebody else writes, unless it is told to, and then that writer is told', async () => {
    const store = openMemoryStore();
    const held = await claimBackup(store, 'nightly', { writer: sampleWriter() });
    await store.create(files.archive, Buffer.from('half'));
    await expect(deleteBackup(store, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_CLAIMED',
    });
    expect(await keys(store)).toEqual([files.claim, files.archive]);

    await deleteBackup(store, 'nightly', { writer: sampleWriter(), force: true });
    expect(await keys(store)).toEqual([]);
    const publish = publishSummary(store, held, Buffer.from(JSON.stringify(sampleSummary('nightly'))));
    await expect(publish).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
    expect(await listed(store)).toEqual([]);
  });

  it('removes another tool’s files when it is told to', async () => {
    const store = openMemoryStore();
    await store.create(files.velero, Buffer.from('{}'));
    await deleteBackup(store, 'nightly', { writer: sampleWriter(), force: true });
    expect(await keys(store)).toEqual([]);
  });

  it('removes what a slow writer adds in the last moment', async () => {
    const memory = openMemoryStore();
    await publishSample(memory, 'nightly');
    let late = false;
    const store = interruptedStore(memory, async (operation, key) => {
      if (late || operation !== 'remove' || key !== files.claim) return;
      late = true;
      await memory.create(files.archive, Buffer.from('half a backup'));
    });
    await deleteBackup(store, 'nightly', { writer: sampleWriter() });
    expect(late).toBe(true);
    expect(await keys(memory)).toEqual([]);
  });

  it('lets one of two delete it and tells the other', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'nightly');
    const outcomes = await Promise.allSettled(
      [1, 2].map(() => deleteBackup(store, 'nightly', { writer: sampleWriter() })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await keys(store)).toEqual([]);
  });

  it('stops when it was halted for so long that the name is somebody else’s by now', async () => {
    const memory = openMemoryStore();
    await publishSample(memory, 'nightly');
    let looks = 0;
    const halted = interruptedStore(memory, async (operation) => {
      if (operation !== 'stat' || ++looks !== 2) return;
      const held = await claimBackup(memory, 'nightly', { writer: sampleWriter({ id: 'later', isRunning }) });
      await writeUnder(memory, held);
    });
    await expect(deleteBackup(halted, 'nightly', { writer: sampleWriter() })).rejects.toMatchObject({
      code: 'BACKUP_CLAIMED',
    });
    expect(await listed(memory)).toEqual(['nightly']);
    expect((await memory.read(files.archive)).toString()).toBe('later');
  });
});

describe('a delete that is interrupted', () => {
  /** Runs a delete of which only the first `steps` operations come to pass; false when it needed no more. */
  async function deleteKilledAfter(steps: number, store: Store): Promise<boolean> {
    let left = steps;
    const dying = interruptedStore(store, () => {
      if (left-- <= 0) throw new Error('killed');
    });
    return deleteBackup(dying, 'nightly', { writer: sampleWriter() }).then(
      () => false,
      () => true,
    );
  }

  it('never shows half a backup, whichever step was its last, and is finished by the next one', async () => {
    let interrupted = true;
    for (let steps = 0; interrupted; steps++) {
      const store = openMemoryStore();
      await publishSample(store, 'nightly', {}, sampleWriter({ host: 'elsewhere#11111111' }));
      interrupted = await deleteKilledAfter(steps, store);

      const left = await keys(store);
      const contents = left.filter((key) => !key.startsWith(`${files.folder}claim`));
      if ((await listed(store)).length > 0) expect(contents).toEqual(whole.filter((key) => key !== files.claim));
      else if (left.length > 0) await expectDebris(store);

      await deleteBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'BACKUP_NOT_FOUND' });
      });
      expect(await keys(store)).toEqual([]);
      expect(steps).toBeLessThan(50);
    }
  });

  it('leaves a name that the next backup can take, whichever step was its last', async () => {
    let interrupted = true;
    for (let steps = 0; interrupted; steps++) {
      const store = openMemoryStore();
      await publishSample(store, 'nightly', {}, sampleWriter({ host: 'elsewhere#11111111' }));
      interrupted = await deleteKilledAfter(steps, store);
      expect(steps).toBeLessThan(50);
      if ((await listed(store)).length > 0) continue;
      const held = await claimBackup(store, 'nightly', { writer: sampleWriter({ isRunning }) });
      await writeUnder(store, held);
      expect((await store.read(files.archive)).toString()).toBe(held.writer.id);
    }
  });

  it('by a cancel can be finished by the same process', async () => {
    const memory = openMemoryStore();
    await publishSample(memory, 'nightly');
    const stop = new AbortController();
    let removals = 0;
    const store = interruptedStore(memory, (operation) => {
      if (operation === 'remove' && ++removals === 2) stop.abort();
    });
    const writer = sampleWriter();
    await expect(deleteBackup(store, 'nightly', { writer, signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(await listed(memory)).toEqual([]);
    expect(await keys(memory)).toContain(files.archive);
    await deleteBackup(memory, 'nightly', { writer: sampleWriter({ pid: writer.pid }) });
    expect(await keys(memory)).toEqual([]);
  });
});

async function expectDebris(store: Store): Promise<void> {
  const debris = await Array.fromAsync(listDebris(store, { writer: sampleWriter({ isRunning }) }));
  expect(debris.map(({ name, stale }) => ({ name, stale }))).toEqual([{ name: 'nightly', stale: true }]);
}

async function keys(store: Store): Promise<string[]> {
  return (await Array.fromAsync(store.list(''))).map(({ key }) => key);
}

async function listed(store: Store): Promise<string[]> {
  return (await Array.fromAsync(listBackups(store))).map(({ name }) => name);
}
