import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import { interruptedStore } from '../testing/interrupted-store.ts';
import { publishSample, sampleSummary, sampleWriter } from '../testing/sample-location.ts';
import { backupFiles } from './backup-files.ts';
import { claimBackup } from './claim-backup.ts';
import { listBackups } from './list-backups.ts';
import { listDebris } from './list-debris.ts';

describe('listing backups', () => {
  it('is empty in a location that was never written to', async () => {
    expect(await Array.fromAsync(listBackups(openMemoryStore()))).toEqual([]);
  });

  it('sorts by name, not by key, and shows what each summary says', async () => {
    const store = openMemoryStore();
    for (const name of ['b', 'a.b', 'a-b', 'a', 'a0']) await publishSample(store, name, { labels: { of: name } });
    const found = await Array.fromAsync(listBackups(store));
    expect(found.map(({ name, summary }) => [name, summary?.labels['of']])).toEqual(
      ['a', 'a-b', 'a.b', 'a0', 'b'].map((name) => [name, name]),
    );
  });

  it('reads one summary a backup and nothing else, eight at a time', async () => {
    const memory = openMemoryStore();
    const names = Array.from({ length: 30 }, (_, i) => `backup-${10 + i}`);
    for (const name of names) await publishSample(memory, name);
    const reads: string[] = [];
    let running = 0;
    let most = 0;
    const store = interruptedStore(memory, async (operation, key) => {
      if (operation !== 'read') return;
      reads.push(key);
      most = Math.max(most, ++running);
      // The later ones answer first.
      await new Promise((resolve) => setTimeout(resolve, 30 - reads.length));
      running--;
    });
    expect((await Array.fromAsync(listBackups(store))).map(({ name }) => name)).toEqual(names);
    expect(reads.sort()).toEqual(names.map((name) => backupFiles(name).summary));
    expect(most).toBe(8);
  });

  it('leaves out what is being written, what Velero wrote, and what is no backup', async () => {
    const store = openMemoryStore();
    await claimBackup(store, 'unfinished', { writer: sampleWriter() });
    await store.create('backups/velero/velero-backup.json', Buffer.from('{}'));
    await store.create('backups/README', Buffer.from(''));
    await store.create('backups/Upper/Upper-summary.json', Buffer.from('{}'));
    await store.create('restores/x/x.json', Buffer.from('{}'));
    await publishSample(store, 'whole');
    expect((await Array.fromAsync(listBackups(store))).map(({ name }) => name)).toEqual(['whole']);
  });

  it.each([
    ['is cut off', JSON.stringify(sampleSummary('broken')).slice(0, 200), 'BACKUP_DAMAGED'],
    ['is empty', '', 'BACKUP_DAMAGED'],
    ['was changed by hand', JSON.stringify({ ...sampleSummary('broken'), revision: '1' }), 'BACKUP_DAMAGED'],
    ['is of a format to come', JSON.stringify({ ...sampleSummary('broken'), format: '9.0' }), 'BACKUP_FORMAT'],
    ['is that of another name', JSON.stringify(sampleSummary('other')), 'BACKUP_DAMAGED'],
  ])('shows as a problem a summary that %s, beside those that are whole', async (_, text, code) => {
    const store = openMemoryStore();
    await publishSample(store, 'a');
    await publishSample(store, 'z');
    await store.create(backupFiles('broken').summary, Buffer.from(text));
    const found = await Array.fromAsync(listBackups(store));
    expect(found.map(({ name, problem }) => [name, problem?.code])).toEqual([
      ['a', undefined],
      ['broken', code],
      ['z', undefined],
    ]);
  });

  it('fails as a whole when the location does', async () => {
    const memory = openMemoryStore();
    for (const name of ['a', 'b', 'c']) await publishSample(memory, name);
    const store = interruptedStore(memory, (operation, key) => {
      if (operation === 'read' && key.includes('b-')) throw new AppError('STORE_UNAVAILABLE', 'no route');
    });
    await expect(Array.fromAsync(listBackups(store))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('ends when the consumer has seen enough, and when it is cancelled', async () => {
    const store = openMemoryStore();
    for (const name of ['a', 'b', 'c']) await publishSample(store, name);
    for await (const { name } of listBackups(store)) {
      expect(name).toBe('a');
      break;
    }
    await expect(Array.fromAsync(listBackups(store, AbortSignal.abort()))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('listing debris', () => {
  it('shows what is unfinished, whether somebody is at it, and what it takes up', async () => {
    const store = openMemoryStore();
    await publishSample(store, 'whole');
    await store.create('backups/velero/velero-backup.json', Buffer.from('{}'));
    const dead = sampleWriter();
    await claimBackup(store, 'dead', { writer: dead });
    await store.create(backupFiles('dead').archive, Buffer.alloc(10_000));
    await claimBackup(store, 'live', { writer: sampleWriter() });
    await store.create('backups/remains/claim-some-id.json', Buffer.from('{}'));

    const writer = sampleWriter({ isRunning: (pid) => pid !== dead.pid });
    const found = await Array.fromAsync(listDebris(store, { writer }));
    expect(found.map(({ name, stale, claim }) => [name, stale, claim?.pid === dead.pid])).toEqual([
      ['dead', true, true],
      ['live', false, false],
      ['remains', true, false],
    ]);
    expect(found[0]!.sizeBytes).toBeGreaterThan(10_000);
    expect((await Array.fromAsync(store.list(''))).filter(({ key }) => key.includes('probe'))).toEqual([]);
  });
});
