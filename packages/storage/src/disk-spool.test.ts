import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
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

  it('gives back what fills many pieces, small parts and such as are longer than a piece among them', async () => {
    const spool = await openDiskSpool(folder);
    const sizes = [10, 700_000, 700_000, 3_000_000, 1, 1 << 20, 0, 900_000, 200_000];
    const parts = sizes.map((size, i) => Buffer.alloc(size, i + 1));
    const offsets: number[] = [];
    for (const part of parts) offsets.push(await spool.append(part));
    const whole = await spool.read(
      0,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    expect(whole.equals(Buffer.concat(parts))).toBe(true);
    expect((await spool.read(offsets[5]!, 1 << 20)).equals(parts[5]!)).toBe(true);
    await spool.close();
  });

  it('tells of a full disk when more is appended, or what it did not take is asked for, and ever after', async () => {
    const spool = await openDiskSpool(folder);
    const handle = await open(join(folder, 'any'), 'w');
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'write').mockRejectedValueOnce(full);
    await handle.close();
    const offset = await spool.append(Buffer.from('lost'));
    // What was appended last is still at hand.
    expect((await spool.read(offset, 4)).toString()).toBe('lost');
    const rest = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) await spool.append(Buffer.alloc(700_000));
    };
    await expect(rest()).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(spool.read(offset, 4)).rejects.toMatchObject({ code: 'STORE_FULL' });
    await spool.close();
    await rm(join(folder, 'any'));
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
