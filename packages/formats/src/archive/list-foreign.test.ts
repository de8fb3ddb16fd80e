import { backupFiles, openMemoryStore } from '@infrabackup/core';
import { expect, it } from 'vitest';
import { storeWith } from '../testing/tarballs.ts';
import { listForeign } from './list-foreign.ts';

const head = (name: string, phase = 'Completed'): string =>
  JSON.stringify({
    ...{ apiVersion: 'velero.io/v1', kind: 'Backup', metadata: { name } },
    status: { phase, startTimestamp: '2026-11-20T02:00:00Z', progress: { itemsBackedUp: 3 } },
  });

it('tells the finished backups of Velero by what is said of them, and leaves ours and what is none aside', async () => {
  const store = await storeWith({
    [backupFiles('nightly').velero]: head('nightly'),
    [backupFiles('hourly').velero]: head('hourly', 'PartiallyFailed'),
    [backupFiles('begun').velero]: head('begun', 'InProgress'),
    [backupFiles('ours').velero]: head('ours'),
    [backupFiles('ours').index]: 'an index',
    [backupFiles('broken').velero]: '{',
    [backupFiles('empty').archive]: '',
  });
  const folders = ['nightly', 'begun', 'ours', 'broken', 'empty', 'hourly'];
  const listed = await listForeign(store, { folders, files: [] });
  expect(listed.map(({ name, tool, objects }) => [name, tool, objects])).toEqual([
    ['nightly', 'Velero', 3],
    ['hourly', 'Velero', 3],
  ]);
  expect(listed[0]!.head).toMatchObject({ tool: 'Velero', startedAt: '2026-11-20T02:00:00Z' });
});

it("tells archives of Rancher's operator by what their names say, encrypted or not", async () => {
  const uid = 'c8797ff5-6394-11e8-9072-0242ac110002';
  const files = [
    `nightly-${uid}-2026-06-03T02-00-00Z.tar.gz`,
    `nightly-${uid}-2026-06-03T04-00-00+02-00.tar.gz.enc`,
    'nightly.tar.gz',
    `nightly-${uid}.tar.gz`,
    `nightly-${uid}-2026-16-03T02-00-00Z.tar.gz`,
  ];
  const listed = await listForeign(openMemoryStore(), { folders: [], files });
  expect(listed.map(({ name }) => name)).toEqual(files.slice(0, 2));
  for (const { tool, head: said } of listed) {
    expect(tool).toBe('Rancher');
    expect(said).toMatchObject({ startedAt: '2026-06-03T02:00:00Z', cluster: { uid } });
  }
});
