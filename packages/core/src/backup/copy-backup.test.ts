import { beforeAll, describe, expect, it } from 'vitest';
import { openBackup } from '../archive/open-backup.ts';
import { verifyBackup } from '../archive/verify-backup.ts';
import { encryptionBy } from '../encryption/encryption.ts';
import { parseEncryptionConfig, type EncryptionConfig } from '../encryption/encryption-config.ts';
import { backupFiles } from '../location/backup-files.ts';
import type { BackupWriter } from '../location/backup-writer.ts';
import { claimBackup } from '../location/claim-backup.ts';
import { deleteBackup } from '../location/delete-backup.ts';
import { listBackups } from '../location/list-backups.ts';
import { listDebris } from '../location/list-debris.ts';
import { executePrune, planPrune } from '../location/prune.ts';
import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { interruptedStore } from '../testing/interrupted-store.ts';
import { memorySpool } from '../testing/memory-spool.ts';
import { randomFrom } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { sampleWriter } from '../testing/sample-location.ts';
import { copyBackup, type CopiedBackup, type CopyBackupOptions } from './copy-backup.ts';
import { rewriteBackup, type RewriteBackupOptions } from './rewrite-backup.ts';

const objects = randomSample(randomFrom(11), 120);
const { archive, index, velero, summary: summaryKey } = backupFiles('sample');

let from: Store;
beforeAll(async () => {
  from = (await writeSample(objects)).store;
});

function copy(to: Store, more: Partial<CopyBackupOptions> = {}): Promise<CopiedBackup> {
  return copyBackup({ from, name: 'sample', to, writer: sampleWriter(), ...more });
}

async function contentsOf(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list('')) {
    if (!/\/claim[^/]*$/.test(key)) found[key] = (await store.read(key)).toString('latin1');
  }
  return found;
}

describe('copying a backup', () => {
  it('brings every byte, and tells how far it is', async () => {
    const to = openMemoryStore();
    const steps: number[] = [];
    const { summary, wasThere, keptBytes } = await copy(to, { report: ({ sizeBytes }) => steps.push(sizeBytes) });
    expect([wasThere, keptBytes]).toEqual([false, 0]);
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBe(summary.archive.sizeBytes + summary.index.sizeBytes + summary.velero!.sizeBytes);
    expect(await verifyBackup(to, 'sample', { digest: summary.digest })).toMatchObject({ findings: [] });
  });

  it('is content with the very backup, and refuses another one of that name', async () => {
    const to = openMemoryStore();
    await copy(to);
    expect(await copy(to)).toMatchObject({ wasThere: true });
    const { store: other } = await writeSample(objects.slice(1));
    const before = await contentsOf(other);
    await expect(copy(other)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(await contentsOf(other)).toEqual(before);
  });

  it('leaves alone what another writes under that name, or another program has put there', async () => {
    const busy = openMemoryStore();
    await claimBackup(busy, 'sample', { writer: sampleWriter() });
    await expect(copy(busy)).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
    const foreign = openMemoryStore();
    await foreign.create(archive, Buffer.from('x'));
    await expect(copy(foreign)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(await contentsOf(foreign)).toEqual({ [archive]: 'x' });
  });

  it.each([archive, index, velero])('shows nothing of a backup whose %s is damaged', async (key) => {
    const damaged = openMemoryStore();
    for (const [name, text] of Object.entries(await contentsOf(from))) {
      const bytes = Buffer.from(text, 'latin1');
      if (name === key) bytes[bytes.length >> 1]! ^= 1;
      await damaged.create(name, bytes);
    }
    const to = openMemoryStore();
    await expect(copy(to, { from: damaged })).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(Object.keys(await contentsOf(to))).not.toContain(key);
    expect(await Array.fromAsync(listBackups(to))).toEqual([]);
  });

  describe('that was cut off at any step', () => {
    /** How many steps a copy takes in the other location. */
    async function countSteps(): Promise<number> {
      let steps = 0;
      await copy(
        interruptedStore(openMemoryStore(), () => {
          steps++;
        }),
      );
      return steps;
    }

    async function cutOff(memory: Store, at: number, writer: BackupWriter): Promise<void> {
      let step = 0;
      // From that step on nothing of that process reaches the store any more.
      const dying = interruptedStore(memory, () => {
        if (++step >= at) throw new Error('killed');
      });
      await expect(copy(dying, { writer })).rejects.toThrow('killed');
    }

    it('lists nothing, is gone on with by the same copy, and keeps the files that were whole', async () => {
      const steps = await countSteps();
      const keptBytes = new Set<number>();
      for (let at = 1; at <= steps; at++) {
        const to = openMemoryStore();
        const dead = sampleWriter();
        await cutOff(to, at, dead);
        const isPublished = (await to.stat(summaryKey)) !== undefined;
        const writer = sampleWriter({ isRunning: (pid) => pid !== dead.pid });
        const copied = await copy(to, { writer });
        expect(copied.wasThere).toBe(isPublished);
        keptBytes.add(copied.keptBytes);
        expect(await contentsOf(to)).toEqual(await contentsOf(from));
      }
      expect(keptBytes.size).toBeGreaterThan(3);
    });

    it('takes up nothing that is not of that backup', async () => {
      const to = openMemoryStore();
      const dead = sampleWriter();
      await claimBackup(to, 'sample', { writer: dead });
      const size = (await from.stat(archive))!.sizeBytes;
      await to.create(archive, Buffer.alloc(size, 7));
      await to.create(index, Buffer.from('of another backup'));
      await to.create('backups/sample/else', Buffer.from('debris'));
      await copy(to, { writer: sampleWriter({ isRunning: (pid) => pid !== dead.pid }) });
      expect(await contentsOf(to)).toEqual(await contentsOf(from));
    });

    it('is gone on with at once after a cancel, and cleared away by prune or delete where it is not', async () => {
      for (const clear of ['copy', 'prune', 'delete'] as const) {
        const to = openMemoryStore();
        const stop = new AbortController();
        const cancelled = copy(
          interruptedStore(to, (operation, key) => {
            if (operation === 'create' && key === index) stop.abort();
          }),
          { signal: stop.signal },
        );
        await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
        const writer = sampleWriter();
        if (clear === 'copy') {
          const { keptBytes, summary } = await copy(to, { writer });
          expect(keptBytes).toBe(summary.archive.sizeBytes);
          continue;
        }
        if (clear === 'delete') await deleteBackup(to, 'sample', { writer });
        else {
          const debris = await Array.fromAsync(listDebris(to, { writer }));
          await Array.fromAsync(executePrune(to, planPrune([], debris, 0), { writer }));
        }
        expect(await Array.fromAsync(to.list(''))).toEqual([]);
      }
    });
  });
});

function config(name: string, ...more: readonly string[]): EncryptionConfig {
  const keys = [name, ...more].map((key) => ({ name: key, secret: Buffer.alloc(32, key).toString('base64') }));
  const resources = [{ resources: ['secrets', '*.apps'], providers: [{ aesgcm: { keys } }] }];
  return parseEncryptionConfig(
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources }),
    'keys.json',
  );
}

describe('writing a backup anew', () => {
  const texts = objects.map(({ json }) => json);
  const read = async (store: Store, name: string, keyring?: EncryptionConfig): Promise<string[]> => {
    const backup = await openBackup(store, name, { keyring });
    return (await Array.fromAsync(backup.readMany(backup.entries()))).map(({ bytes }) => bytes.toString());
  };
  const rewrite = (more: Pick<RewriteBackupOptions, 'backup' | 'to' | 'encryption'> & Partial<RewriteBackupOptions>) =>
    rewriteBackup({
      ...{ name: 'sample', openSpool: () => Promise.resolve(memorySpool()), writer: sampleWriter(), tool: 'test' },
      ...more,
    });

  it('goes from clear to a key, to another key, and back to the very archive', async () => {
    const [sealed, again, clear] = [openMemoryStore(), openMemoryStore(), openMemoryStore()];
    const first = await openBackup(from, 'sample');
    const one = await rewrite({ backup: first, to: sealed, encryption: encryptionBy(config('old')) });
    expect(one).toMatchObject({ encryption: { keys: [{ name: 'old' }] } });
    expect(one).not.toHaveProperty('velero');
    expect(one.startedAt).toBe(first.summary.startedAt);

    const rotated = config('new', 'old');
    const second = await openBackup(sealed, 'sample', { keyring: rotated });
    const two = await rewrite({ backup: second, to: again, encryption: encryptionBy(rotated) });
    expect(two.encryption?.keys.map(({ name }) => name)).toEqual(['new']);
    expect(await read(again, 'sample', config('new'))).toEqual(texts);

    const third = await openBackup(again, 'sample', { keyring: config('new') });
    const three = await rewrite({ backup: third, to: clear, encryption: undefined });
    const secrets = objects.filter(({ ref }) => ref.type === 'secrets').length;
    expect(three).toMatchObject({ encryption: null, warnings: [{ kind: 'secrets-in-clear', count: secrets }] });
    expect(three.index.sha256).toBe(first.summary.index.sha256);
    for (const [store, keyring] of [
      [sealed, config('old')],
      [again, rotated],
      [clear, undefined],
    ] as const) {
      expect(await verifyBackup(store, 'sample', { keyring })).toMatchObject({ findings: [], locked: [] });
    }
  });

  it('gives it another name, beside the first', async () => {
    const { store } = await writeSample(objects);
    const backup = await openBackup(store, 'sample');
    await rewrite({ backup, to: store, name: 'other', encryption: undefined });
    expect(await read(store, 'other')).toEqual(texts);
    expect((await Array.fromAsync(listBackups(store))).map(({ name, problem }) => [name, problem])).toEqual([
      ['other', undefined],
      ['sample', undefined],
    ]);
  });

  it('writes nothing without the key, and leaves nothing of what it could not finish', async () => {
    const { store } = await writeSample(objects, { encryption: encryptionBy(config('old')) });
    const to = openMemoryStore();
    const locked = await openBackup(store, 'sample', { keyring: config('new') });
    await expect(rewrite({ backup: locked, to, encryption: undefined })).rejects.toMatchObject({ code: 'KEY_MISSING' });
    const backup = await openBackup(store, 'sample', { keyring: config('old') });
    const full = interruptedStore(to, (operation, key) => {
      if (operation === 'create' && key === index) throw new Error('full');
    });
    await expect(rewrite({ backup, to: full, encryption: undefined })).rejects.toThrow('full');
    await expect(
      rewrite({ backup, to, encryption: undefined, openSpool: () => Promise.reject(new Error('no disk')) }),
    ).rejects.toThrow('no disk');
    expect(await Array.fromAsync(to.list(''))).toEqual([]);
  });
});
