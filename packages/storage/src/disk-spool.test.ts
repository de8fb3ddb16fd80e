import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskSpool } from './disk-spool.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-spool-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a disk spool', () => {
  it('gives back what was appended, by the offsets that it told, also while others append', async () => {
    const spool = await openDiskSpool(folder);
    const parts = Array.from({ length: 200 }, (_, i) => Buffer.alloc((i * 977) % 5_000, i));
    const offsets = await Promise.all(
      parts.map(async (part) => {
        const offset = await spool.append(part);
        expect((await spool.read(offset, part.length)).equals(part)).toBe(true);
        return offset;
      }),
    );
    const ends = parts.map((part, i) => offsets[i]! + part.length);
    expect(offsets.slice(1)).toEqual(ends.slice(0, -1));
    await spool.close();
  });

  it.runIf(process.platform !== 'win32')('has no name while it is open, so that a kill leaves nothing', async () => {
    const spool = await openDiskSpool(folder);
    await spool.append(Buffer.from('secret'));
    expect(await readdir(folder)).toEqual([]);
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('treats a read past its end as a fault of the program', async () => {
    const spool = await openDiskSpool(folder);
    await spool.append(Buffer.from('12345'));
    await expect(spool.read(3, 10)).rejects.toMatchObject({ name: 'InternalError' });
    await spool.close();
  });

  it('says which folder gives no scratch space', async () => {
    await expect(openDiskSpool(join(folder, 'missing'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(join(folder, 'missing')) as string,
    });
  });
});
