import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createBackup,
  defaultRestoreOptions,
  dryRunWriter,
  executePlan,
  formatInstant,
  objectsOfRun,
  openBackup,
  planBackup,
  planRestore,
  realWriter,
  type Backup,
  type ObjectRef,
  type RestorePlan,
  type RunObject,
  type Store,
} from '@infrabackup/core';
import { connectCluster, connectRights, connectWriter, type Connection } from '@infrabackup/kube';
import { backupWriter, openDiskRunStore, openDiskSpool, openFileStore } from '@infrabackup/storage';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { connectAs } from '../support/connect.ts';

const clock = { now: () => Date.now() };

await describeOnCluster('a cluster that moves between plan and write', {}, (on) => {
  let folder: string;
  let connection: Connection;
  let store: Store;
  let backup: Backup;
  const openSpool = () => openDiskSpool(folder);
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const ref = (name: string): ObjectRef => ({ type: 'configmaps', namespace: 'lab', name });

  const plan = async (...names: string[]): Promise<RestorePlan> =>
    planRestore({
      ...{ backup, openSpool, clock, random: Math.random, options: defaultRestoreOptions },
      request: { objects: names.map(ref) },
      reader: connectCluster(connection),
      dryRun: dryRunWriter(connectWriter(connection)),
      rights: connectRights(connection),
    });

  /** Carries out the plan and tells what became of each object. */
  const carryOut = async (planned: RestorePlan): Promise<readonly RunObject[]> => {
    const runs = openDiskRunStore(join(folder, 'runs'));
    await using run = await runs.create(
      {
        ...{ id: planned.id, kind: 'restore', startedAt: formatInstant(clock.now()) },
        ...{ location: store.uri, scaleDown: [], stayDown: false },
      },
      planned,
    );
    await executePlan({
      ...{ run, backup, openSpool, clock, tool: 'test', keepIn: [store] },
      reader: connectCluster(connection),
      writer: realWriter(connectWriter(connection)),
    });
    return objectsOfRun({ plan: planned, records: run.journal() });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'infrabackup-moved-'));
    connection = await connectAs(on.cluster.clusterAdmin);
    store = openFileStore(join(folder, 'store'));
    await kubectl('create', 'namespace', 'lab');
    for (const name of ['changes', 'goes', 'comes', 'comes-equal', 'stays']) {
      await kubectl('-n', 'lab', 'create', 'configmap', name, '--from-literal=a=backup');
    }
    const reader = connectCluster(connection);
    await createBackup(await planBackup(reader, { rules: [{ includeNamespaces: ['lab'] }] }), {
      ...{ reader, store, openSpool, name: 'nightly', tool: 'test', writer: backupWriter(clock) },
    });
    backup = await openBackup(store, 'nightly');
    return async () => rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await kubectl('-n', 'lab', 'delete', 'configmap', 'comes', 'comes-equal', '--ignore-not-found');
    for (const name of ['changes', 'goes', 'stays']) {
      await kubectl('-n', 'lab', 'delete', 'configmap', name, '--ignore-not-found');
      await kubectl('-n', 'lab', 'create', 'configmap', name, '--from-literal=a=live');
    }
  });

  it('leaves an object that somebody has changed, plans it anew and says so, unless it is what the backup says now', async () => {
    const planned = await plan('changes', 'goes', 'stays');
    await kubectl('-n', 'lab', 'patch', 'configmap', 'changes', '-p', '{"data":{"a":"somebody"}}');
    await kubectl('-n', 'lab', 'patch', 'configmap', 'goes', '-p', '{"data":{"a":"backup"}}');
    const [changes, equal, stays] = await carryOut(planned);
    expect(equal).toMatchObject({ outcome: 'unchanged' });
    expect(changes).toMatchObject({
      outcome: 'left',
      reason: 'somebody has changed it meanwhile; planned anew: update (data.a), when it is run again',
    });
    expect(stays).toMatchObject({ outcome: 'updated' });
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'changes', '-o', 'jsonpath={.data.a}')).toBe('somebody');
  });

  it('leaves an object that somebody has deleted, or deleted and made anew', async () => {
    const planned = await plan('goes', 'changes');
    await kubectl('-n', 'lab', 'delete', 'configmap', 'goes', 'changes');
    await kubectl('-n', 'lab', 'create', 'configmap', 'changes', '--from-literal=a=live');
    const results = await carryOut(planned);
    expect(results.map(({ ref: { name }, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['changes', 'left', expect.stringMatching(/created it anew meanwhile; planned anew: update \(data\.a\)/)],
      ['goes', 'left', expect.stringMatching(/deleted it meanwhile; planned anew: create,/)],
    ]);
    expect(await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name')).not.toContain('goes');
  });

  it('leaves an object that has come up meanwhile, unless it is what the backup says', async () => {
    const planned = await plan('comes', 'comes-equal');
    await kubectl('-n', 'lab', 'create', 'configmap', 'comes', '--from-literal=a=somebody');
    await kubectl('-n', 'lab', 'create', 'configmap', 'comes-equal', '--from-literal=a=backup');
    const [comes, equal] = await carryOut(planned);
    expect(comes).toMatchObject({
      outcome: 'left',
      reason: 'somebody has created it meanwhile; planned anew: update (data.a), when it is run again',
    });
    expect(equal).toMatchObject({ outcome: 'unchanged' });
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'comes', '-o', 'jsonpath={.data.a}')).toBe('somebody');
  });

  it('does not mind that only its bookkeeping has changed', async () => {
    const planned = await plan('stays');
    // Another manager says the same: the content stays, the resourceVersion does not.
    await on.cluster.kubectl(['apply', '--server-side', '--field-manager=another', '-f', '-'], {
      input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"stays","namespace":"lab"},"data":{"a":"live"}}',
    });
    expect(await carryOut(planned)).toMatchObject([{ outcome: 'updated' }]);
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'stays', '-o', 'jsonpath={.data.a}')).toBe('backup');
  });

  it('changes nothing while it plans', async () => {
    const before = await on.cluster.etcd.revision();
    const planned = await plan('changes', 'goes', 'comes', 'stays');
    expect(planned.counts).toMatchObject({ update: 3, create: 1 });
    const versions = await kubectl(
      '-n',
      'lab',
      'get',
      'configmaps',
      '-o',
      'jsonpath={.items[*].metadata.resourceVersion}',
    );
    for (const version of versions.split(' ')) expect(Number(version)).toBeLessThanOrEqual(before);
  });

  it('gives the same plan twice, but for its id, key and time', async () => {
    const strip = ({ id: _id, key: _key, plannedAt: _at, objects, ...rest }: RestorePlan): unknown => {
      return { ...rest, objects: objects.map(({ write, ...object }) => ({ ...object, over: write?.over?.uid })) };
    };
    expect(strip(await plan('changes', 'comes'))).toEqual(strip(await plan('changes', 'comes')));
  });

  it('refuses a plan that was made for another cluster, and writes nothing', async () => {
    const planned = await plan('stays');
    const other = { ...planned, cluster: { ...planned.cluster, uid: 'another' } };
    await expect(carryOut(other)).rejects.toMatchObject({ code: 'CLUSTER_CHANGED' });
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'stays', '-o', 'jsonpath={.data.a}')).toBe('live');
  });
});
