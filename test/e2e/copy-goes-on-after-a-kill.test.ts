import { hash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupFiles, createArchiveWriter, formatVersion, rawObject, sealSummary } from '@infrabackup/core';
import type { BackupHeader, ResourceType } from '@infrabackup/core';
import { openDiskSpool, openFileStore } from '@infrabackup/storage';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

const configMaps: ResourceType = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', namespaced: true },
  ...{ shortNames: [], categories: [], verbs: ['list'], subresources: [], servedVersions: ['v1'] },
};

/** A backup in the user's folder `source`, whose archive is long enough to be killed at. */
async function writeLongBackup(home: string): Promise<void> {
  const writer = await createArchiveWriter({ openSpool: () => openDiskSpool(home) });
  const segment = writer.segment(configMaps);
  for (let i = 0; i < 100; i++) {
    const name = `noise-${String(i).padStart(3, '0')}`;
    const data = { noise: randomBytes(600_000).toString('base64') };
    segment.add(
      rawObject(
        Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data })),
      ),
    );
    await segment.drain();
  }
  const header: BackupHeader = {
    ...{ format: formatVersion, name: 'long', tool: 'test', startedAt: '2026-11-21T08:30:00Z', contentTable: 1 },
    ...{ cluster: { version: 'v1.36.3', server: 'https://127.0.0.1' }, selection: { rules: [{}] }, labels: {} },
    ...{ encryption: null, types: [{ ...configMaps, ...(await segment.close()) }], shortfalls: [], warnings: [] },
  };
  const finished = await writer.finish(header);
  const store = openFileStore(join(home, 'source'));
  const files = backupFiles('long');
  await store.create(files.archive, finished.archive.stream());
  await store.create(files.index, finished.index.stream());
  const summary = sealSummary({ ...header, completedAt: header.startedAt, ...finished.files() });
  await store.create(files.summary, Buffer.from(JSON.stringify(summary)));
  await writer.close();
}

describe('a copy', () => {
  let workplace: Workplace;
  const inHome = (folder: string): string => join(workplace.home, folder);
  const copyTo = (folder: string): string[] => ['copy', 'long', '--from', inHome('source'), '--to', inHome(folder)];
  /** Every file of the copy by its sha256. */
  const filesIn = async (folder: string): Promise<Record<string, string>> => {
    const path = join(inHome(folder), 'backups/long');
    const found: Record<string, string> = {};
    for (const name of (await readdir(path)).sort()) {
      if (!name.startsWith('claim') && !name.startsWith('.'))
        found[name] = hash('sha256', await readFile(join(path, name)));
    }
    return found;
  };

  beforeAll(async () => {
    workplace = await openWorkplace({ kubeconfigPath: '/nowhere' });
    await writeLongBackup(workplace.home);
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('that is killed shows nothing, and the same command brings it to its end, with every byte', async () => {
    const startedMs = Date.now();
    await workplace.succeed(...copyTo('timed'));
    let tookMs = Date.now() - startedMs;
    let killed = 0;
    for (const part of [0.3, 0.5, 0.6, 0.7, 0.8, 0.9]) {
      const againMs = Date.now();
      const running = workplace.start(...copyTo('target'));
      await Promise.race([sleep(part * tookMs), running.result]);
      running.process.kill('SIGKILL');
      if ((await running.result).exitCode === undefined) killed++;
      // The first one may have been slower than usual.
      else tookMs = Math.min(tookMs, Date.now() - againMs);
      const listed = await workplace.run('list', '--from', inHome('target'), '-o', 'name');
      if (!listed.stdout.includes('long')) continue;
      // It had come to its end before the signal.
      expect((await workplace.run('verify', 'long', '--from', inHome('target'))).exitCode).toBe(0);
      await workplace.succeed('delete', 'long', '--yes', '--from', inHome('target'));
    }
    expect(killed).toBeGreaterThan(0);
    const { exitCode, stdout, stderr } = await workplace.run(...copyTo('target'));
    expect([exitCode, stderr, stdout]).toEqual([0, '', expect.stringContaining('/backups/long: copied, ')]);
    expect(await filesIn('target')).toEqual(await filesIn('source'));
    expect(await workplace.succeed(...copyTo('target'))).toContain('is there already');
  });

  it('that is stopped says so, and leaves what the next one goes on with', async () => {
    const running = workplace.start(...copyTo('stopped'));
    await sleep(50);
    running.process.kill('SIGINT');
    const { exitCode } = await running.result;
    expect([0, 130, undefined]).toContain(exitCode);
    await workplace.succeed(...copyTo('stopped'));
    expect(await filesIn('stopped')).toEqual(await filesIn('source'));
  });
});
