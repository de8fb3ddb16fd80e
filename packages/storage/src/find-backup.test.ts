import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Backup } from '@infrabackup/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBackup, openFoundBackup } from './find-backup.ts';
import type { FoundBackup } from './find-backup.ts';
import { openLocations } from './locations.ts';

let folder: string;
let location: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-find-'));
  location = join(folder, 'location');
  await place(join(location, 'backups', 'nightly'), 'nightly');
  await place(join(folder, 'copied elsewhere'), 'nightly');
  await place(join(folder, 'two'), 'a');
  await place(join(folder, 'two'), 'b');
  await mkdir(join(folder, 'empty'));
  await mkdir(join(folder, 'alone'));
  await copyFile(join(folder, 'two', 'a.tar.gz'), join(folder, 'alone', 'renamed.tar.gz'));
  await copyFile(join(folder, 'two', 'a.tar.gz'), join(folder, 'alone', 'a (1).tar.gz'));
});
afterAll(() => rm(folder, { recursive: true }));

async function place(into: string, name: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const file of [`${name}.tar.gz`, `${name}-index.jsonl.gz`, `${name}-summary.json`]) {
    await writeFile(join(into, file), `${name}'s ${file}`);
  }
}

function find(named: string, from?: string): Promise<FoundBackup> {
  const locations = openLocations({
    configFile: join(folder, 'config.yaml'),
    dataFolder: join(folder, 'data'),
    workingFolder: folder,
    env: {},
  });
  return findBackup(named, { from, locations, workingFolder: folder });
}

describe('finding a backup', () => {
  it.each([
    ['by its name in a location', 'nightly', './location', 'nightly'],
    ['by the path of its folder in a location', './location/backups/nightly', undefined, 'nightly'],
    ['by the path with a slash at its end', 'location/backups/nightly/', undefined, 'nightly'],
    ['by the path of a folder that its files were copied to', './copied elsewhere', undefined, 'nightly'],
    ['by the path of a tarball that has its summary beside it', 'two/b.tar.gz', undefined, 'b'],
  ])('works %s', async (_, named, from, name) => {
    const found = await find(named, from);
    if (found.kind !== 'stored') throw new Error('it has a summary');
    expect(found.name).toBe(name);
    expect((await found.store.read(found.files.summary)).toString()).toBe(`${name}'s ${name}-summary.json`);
    expect((await found.store.read(found.files.index)).toString()).toBe(`${name}'s ${name}-index.jsonl.gz`);
  });

  it('takes a bare name for a name, though a folder is called so, and the default location where none is given', async () => {
    expect(await find('empty')).toMatchObject({ kind: 'stored', name: 'empty' });
    expect((await find('empty')).uri).toContain('/data/backups/empty');
  });

  it('opens a tarball that lies alone, whatever its name', async () => {
    const found = await find('alone/renamed.tar.gz');
    if (found.kind !== 'tarball') throw new Error('it has no summary');
    expect((await found.archive.read(0, 1000)).toString()).toBe("a's a.tar.gz");
    expect(found.archive.sizeBytes).toBe("a's a.tar.gz".length);
  });

  it('opens a tarball at the root of a location by the name of its file', async () => {
    const name = 'hourly-2026-11-21T08-30-00+02-00.tar.gz.enc';
    await writeFile(join(location, name), 'sealed');
    const found = await find(name, './location');
    if (found.kind !== 'tarball') throw new Error('it has no summary');
    expect(found.uri).toMatch(/^file:.*\/location\/hourly-.*\.enc$/);
    expect((await found.archive.read(0, 1000)).toString()).toBe('sealed');
    await expect(find('gone.tar.gz', './location')).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
  });

  it.each([
    ['./nowhere', 'BACKUP_NOT_FOUND', /no such folder/, undefined],
    ['./nowhere/x.tar.gz', 'BACKUP_NOT_FOUND', /no such file/, undefined],
    ['gone.tar.gz', 'BACKUP_NOT_FOUND', /no such file/, undefined],
    ['./two', 'BACKUP_NOT_FOUND', /several/, /a\.tar\.gz/],
    ['./location', 'BACKUP_NOT_FOUND', /it is a location/, /--from .*location/],
    ['./alone/a (1).tar.gz', 'USAGE', /cannot be read under that name/, /rename/],
  ])('says why %s is none', async (named, code, message, hint) => {
    const refusal = find(named);
    await expect(refusal).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      ...(hint && { hint: expect.stringMatching(hint) as string }),
    });
    await expect(refusal).rejects.toThrow(basename(named));
  });

  it.each(['./empty', './two/a-summary.json'])(
    'leaves %s, where no backup of ours lies, to those who know other tools',
    async (named) => {
      const found = await find(named);
      expect(found).toEqual({ kind: 'path', uri: expect.stringContaining(basename(named)) as string });
      await expect(openFoundBackup(found)).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
      const other = {} as Backup;
      expect(await openFoundBackup(found, { openOther: () => Promise.resolve(other) })).toBe(other);
    },
  );

  it('refuses a path beside a location', async () => {
    await expect(find('./two/a.tar.gz', './location')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
