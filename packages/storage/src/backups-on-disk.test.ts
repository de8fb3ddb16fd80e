import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  abandonBackup,
  backupFiles,
  claimBackup,
  deleteBackup,
  isAppError,
  listDebris,
  type Store,
} from '@infrabackup/core';
import { openFileStore } from './file-store.ts';
import { backupWriter } from './this-process.ts';

// What the tests of core prove in memory, seen with real processes on a real disk.

const clock = { now: () => Date.now() };
const files = backupFiles('nightly');

let root: string;
let store: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'infrabackup-processes-'));
  store = openFileStore(root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('processes that write one backup', () => {
  it('are one that does, and others that are told', async () => {
    const script = `await claimBackup(store, 'nightly', { writer }).then(
        () => console.log('claimed'), (error) => console.log(error.code));
      await new Promise(() => setInterval(() => undefined, 1000));`;
    const children = Array.from({ length: 4 }, () => run(script));
    const said = await Promise.all(children.map(({ firstLine }) => firstLine));
    expect(said.sort()).toEqual(['BACKUP_CLAIMED', 'BACKUP_CLAIMED', 'BACKUP_CLAIMED', 'claimed']);
    await Promise.all(children.map(kill));
  });

  it('and are killed leave debris that the next one clears, and that is not taken from the living', async () => {
    const child = run(`const { files } = await claimBackup(store, 'nightly', { writer });
      await store.create(files.index, Buffer.from('an index'));
      await store.create(files.archive, (async function* () {
        for (let i = 0; ; i++) { if (i === 3) console.log('writing'); yield Buffer.alloc(65536); }
      })());`);
    expect(await child.firstLine).toBe('writing');
    const writer = backupWriter(clock);
    await expect(claimBackup(store, 'nightly', { writer })).rejects.toMatchObject({ code: 'BACKUP_CLAIMED' });
    expect(await Array.fromAsync(listDebris(store, { writer }))).toMatchObject([{ name: 'nightly', stale: false }]);

    await kill(child);
    expect(await Array.fromAsync(listDebris(store, { writer }))).toMatchObject([{ name: 'nightly', stale: true }]);
    const held = await claimBackup(store, 'nightly', { writer });
    expect(await store.stat(files.index)).toBeUndefined();
    await store.create(files.archive, Buffer.from('whole'));
    await abandonBackup(store, held);
    expect(await readdir(root, { recursive: true })).toEqual([]);
  });

  it('and are killed leave debris that a delete clears, down to the last file', async () => {
    const child = run(`const { files } = await claimBackup(store, 'nightly', { writer });
      await store.create(files.archive, (async function* () {
        for (let i = 0; ; i++) { if (i === 3) console.log('writing'); yield Buffer.alloc(65536); }
      })());`);
    await child.firstLine;
    await kill(child);
    await deleteBackup(store, 'nightly', { writer: backupWriter(clock) });
    expect(await readdir(root, { recursive: true })).toEqual([]);
  });

  it('are killed at any moment of a delete, and the next delete finishes', async () => {
    for (let round = 0; round < 8; round++) {
      const writer = backupWriter(clock);
      const held = await claimBackup(store, 'nightly', { writer });
      for (const key of [files.archive, files.index, files.velero, files.summary]) {
        await store.create(key, Buffer.from(held.writer.id));
      }
      const child = run(`console.log('deleting'); await deleteBackup(store, 'nightly', { writer });`);
      await child.firstLine;
      await new Promise((resolve) => setTimeout(resolve, round));
      await kill(child);

      const left = (await Array.fromAsync(store.list(files.folder))).map(({ key }) => key);
      if (left.includes(files.summary)) {
        expect(left).toEqual(expect.arrayContaining([files.archive, files.index, files.velero]));
      }
      await deleteBackup(store, 'nightly', { writer: backupWriter(clock) }).catch((error: unknown) => {
        if (!isAppError(error, 'BACKUP_NOT_FOUND')) throw error;
      });
      expect(await Array.fromAsync(store.list(''))).toEqual([]);
    }
  });
});

interface Child {
  readonly process: ReturnType<typeof spawn>;
  readonly firstLine: Promise<string>;
}

/** A process of its own with a writer and a store of the folder. */
function run(script: string): Child {
  const source = `import { claimBackup, deleteBackup } from ${JSON.stringify(import.meta.resolve('@infrabackup/core'))};
    import { openFileStore } from ${JSON.stringify(new URL('./file-store.ts', import.meta.url).href)};
    import { backupWriter } from ${JSON.stringify(new URL('./this-process.ts', import.meta.url).href)};
    const store = openFileStore(${JSON.stringify(root)});
    const writer = backupWriter({ now: () => Date.now() });
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { process: child, firstLine: once(child.stdout, 'data').then(([data]) => String(data).split('\n', 1)[0]!) };
}

async function kill({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
