import type * as FileSystem from 'node:fs/promises';
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTempFile } from './temp-file.ts';

/** What others do just before a folder is made. */
let meanwhile: (path: string) => Promise<void>;
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof FileSystem>();
  const mkdir = async (path: string, mode: number): Promise<unknown> => {
    await meanwhile(path);
    return real.mkdir(path, mode);
  };
  return { ...real, mkdir };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'infrabackup-temp-'));
});
afterEach(() => rm(root, { recursive: true }));

test('a file is opened in a folder whose parent another removes while it is made', async () => {
  const folder = join(root, 'a', 'b');
  let asked = 0;
  // First there is no parent, then there is, and then there is none again.
  meanwhile = async (path) => {
    if (path === folder && ++asked === 2) await rmdir(dirname(folder));
  };
  const { path, handle } = await openTempFile(folder);
  await handle.close();
  expect(dirname(path)).toBe(folder);
  expect(asked).toBeGreaterThan(2);
});
