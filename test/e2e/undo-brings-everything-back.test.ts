import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { snapshotCluster, snapshotDifferences } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnCluster('undo', { fixtures: true }, (on) => {
  let workplace: Workplace;
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  const restore = async (...args: string[]): Promise<string> =>
    (await workplace.succeed('restore', 'nightly', '--yes', '-o', 'name', ...args)).trim();

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await kubectl('create', 'namespace', 'lab');
    await kubectl('-n', 'lab', 'create', 'deployment', 'web', '--image=example.com/web:1');
    await kubectl('-n', 'lab', 'expose', 'deployment', 'web', '--port=80');
    await kubectl('-n', 'lab', 'create', 'configmap', 'settings', '--from-literal=colour=blue');
    await kubectl('-n', 'lab', 'create', 'configmap', 'deleted', '--from-literal=a=b');
    await kubectl('-n', 'lab', 'create', 'role', 'reader', '--verb=get', '--resource=pods');
    await kubectl('-n', 'lab', 'create', 'rolebinding', 'readers', '--role=reader', '--serviceaccount=lab:default');
    await workplace.succeed('create', 'nightly');
    return async () => workplace[Symbol.asyncDispose]();
  });

  describe('after objects were created, changed, replaced and pruned', () => {
    it('leaves the cluster as it was before the restore, field by field, as another client reads it', async () => {
      await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '-p', '{"data":{"colour":"red","more":"x"}}');
      await kubectl('-n', 'lab', 'label', 'configmap', 'settings', 'by=hand');
      await kubectl('-n', 'lab', 'delete', 'configmap', 'deleted');
      await kubectl('-n', 'lab', 'delete', 'service', 'web');
      await kubectl('-n', 'lab', 'create', 'configmap', 'added', '--from-literal=a=b');
      await kubectl('-n', 'lab', 'delete', 'rolebinding', 'readers');
      await kubectl(
        '-n',
        'lab',
        'create',
        'rolebinding',
        'readers',
        '--clusterrole=view',
        '--serviceaccount=lab:default',
      );
      await kubectl('create', 'namespace', 'added');
      await kubectl('label', 'namespace', 'shop', 'team=somebody-else', '--overwrite');
      await kubectl('annotate', 'crd', 'databases.storage.example.com', 'by=hand');
      await kubectl('delete', 'namespace', 'empty-and-waiting');
      // The account of a new namespace comes a moment later.
      await expect.poll(() => kubectl('-n', 'added', 'get', 'serviceaccounts', '-o', 'name')).toContain('default');
      const before = await snapshot();

      const id = await restore('--prune', '--existing', 'replace');
      const described = await workplace.succeed('restores', 'describe', id);
      for (const what of ['created', 'updated', 'replaced', 'deleted']) expect(described).toContain(what);
      expect((await workplace.run('diff', 'nightly')).exitCode).toBe(0);

      const { exitCode, stderr } = await workplace.run('undo', id, '--yes');
      expect(stderr).not.toContain('left:');
      expect(exitCode).toBe(0);
      await expect.poll(async () => snapshotDifferences(before, await snapshot()), { timeout: 30_000 }).toEqual([]);
    });
  });

  it('can itself be undone', async () => {
    const [undone] = (await workplace.succeed('restores', '-o', 'name')).trim().split('\n');
    await workplace.succeed('undo', undone!, '--yes');
    expect((await workplace.run('diff', 'nightly', '-n', 'lab', '--prune')).exitCode).toBe(0);
  });

  it('leaves alone what somebody has changed since, and says so, until it is forced', async () => {
    await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '-p', '{"data":{"colour":"red"}}');
    const id = await restore('-n', 'lab');
    await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '-p', '{"data":{"colour":"green"}}');

    const { exitCode, stderr } = await workplace.run('undo', id, '--yes');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/configmaps\/settings -n lab\s+somebody has changed it meanwhile/);
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}')).toBe('green');

    await workplace.succeed('undo', id, '--yes', '--force');
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}')).toBe('red');
  });

  it('does not take a change of status alone for somebody’s change', async () => {
    await kubectl('-n', 'lab', 'set', 'image', 'deployment/web', '*=example.com/web:2');
    const id = await restore('-n', 'lab', '--include-resources', 'deployments');
    // Its controller writes its status, and counts the rollout.
    await expect
      .poll(() =>
        kubectl(
          '-n',
          'lab',
          'get',
          'deployment',
          'web',
          '-o',
          'jsonpath={.metadata.generation} {.status.observedGeneration}',
        ),
      )
      .toMatch(/^(\d+) \1$/);
    await workplace.succeed('undo', id, '--yes');
    expect(await kubectl('-n', 'lab', 'get', 'deployment', 'web', '-o', 'jsonpath={..image}')).toBe(
      'example.com/web:2',
    );
  });

  it('keeps a namespace that the restore created once others have put something into it', async () => {
    await kubectl('delete', 'namespace', 'lab');
    const id = await restore('--include-namespaces', 'lab');
    await kubectl('-n', 'lab', 'create', 'configmap', 'of-somebody-else');

    const { exitCode, stderr } = await workplace.run('undo', id, '--yes');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /namespaces\/lab\s+others have put something into it since: configmaps\/of-somebody-else -n lab/,
    );
    expect(await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name')).toContain('of-somebody-else');
    expect(await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name')).not.toContain('settings');

    await kubectl('-n', 'lab', 'delete', 'configmap', 'of-somebody-else');
    await workplace.succeed('undo', id, '--yes');
    expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toContain('namespace/lab\n');
  });
});
