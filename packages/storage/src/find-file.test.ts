import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileStore } from './file-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-find-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(['.fuse_hidden0000000500000001', '.nfs00000000011e02c400000001'])(
  'a value is waited for while the one before is moved aside as %s',
  async (aside) => {
    const store = openFileStore(folder);
    await writeFile(join(folder, aside), 'old');
    await writeFile(join(folder, '.new'), 'new');
    const [read, found] = [store.read('k'), store.stat('k')];
    await new Promise((resolve) => setTimeout(resolve, 20));
    await rename(join(folder, '.new'), join(folder, 'k'));
    expect((await read).toString()).toBe('new');
    expect(await found).toMatchObject({ key: 'k', sizeBytes: 3 });
  },
);

test('a value that does not come is missed in the end, also where another is moved aside', async () => {
  const store = openFileStore(folder);
  await writeFile(join(folder, '.fuse_hidden0000000500000001'), 'of another');
  await expect(store.read('k')).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
  expect(await store.stat('k')).toBeUndefined();
});
