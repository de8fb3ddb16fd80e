import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import type { ApiObject } from '../support/api-resources.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { openWorkplace, type PluginResult, type Workplace } from '../support/plugin.ts';
import { wipeCluster } from '../support/wipe-cluster.ts';

await describeOnCluster('a restore after a disaster', { fixtures: true }, (on) => {
  let workplace: Workplace;
  let before: ClusterSnapshot;
  let restored: PluginResult;
  const get = async (path: string): Promise<ApiObject> => on.cluster.client().expect<ApiObject>('GET', path);

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    // What was being deleted is restored as something that stays: it is looked at apart.
    await on.cluster.kubectl([
      'patch',
      'cm',
      'being-deleted',
      '-n',
      'shop',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ]);
    await workplace.succeed('create', 'nightly');
    before = await snapshotCluster(on.cluster.client(), { settled: true });
    await wipeCluster(on.cluster.client());
    restored = await workplace.run('restore', 'nightly', '--yes');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('says that all is done, and ends with 0', () => {
    expect(restored.stderr).not.toContain('left:');
    expect(restored.exitCode).toBe(0);
  });

  it('brings back every object, field by field and owner by owner, as another client reads them', async () => {
    await expect
      .poll(async () => snapshotDifferences(before, await snapshotCluster(on.cluster.client(), { settled: true })), {
        timeout: 30_000,
      })
      .toEqual([]);
  });

  it('leaves nothing for a diff to show', async () => {
    await expect.poll(async () => (await workplace.run('diff', 'nightly')).exitCode, { timeout: 30_000 }).toBe(0);
    expect((await workplace.run('diff', 'nightly')).stdout).toBe('');
  });

  it('gives dependents the uids of their owners of now, so that the garbage collector keeps them', async () => {
    const database = await get('/apis/storage.example.com/v1/namespaces/databases/databases/orders');
    const secret = await get('/api/v1/namespaces/databases/secrets/orders-storefront');
    expect(secret.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([database.metadata.uid]);
    const environment = await get('/apis/platform.example.com/v1/environments/production');
    const namespace = await get('/api/v1/namespaces/shop-staging');
    expect(namespace.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([environment.metadata.uid]);
  });

  it('brings back the status that an operator had written', async () => {
    const database = await get('/apis/storage.example.com/v1/namespaces/databases/databases/orders');
    expect(database['status']).toMatchObject({ phase: 'Running', replicas: 2 });
  });

  it('leaves a rollout its history, and makes no second one', async () => {
    const { stdout } = await on.cluster.kubectl(['get', 'replicasets', '-n', 'shop', '-o', 'name']);
    const kept = [...before.keys()].filter((key) => key.startsWith('ReplicaSet.apps shop/'));
    expect(stdout.trim().split('\n')).toHaveLength(kept.length);
  });

  it('lets a server-side apply of the old manager through without a conflict', async () => {
    const deployment = await get('/apis/apps/v1/namespaces/shop/deployments/storefront');
    expect(deployment.metadata.managedFields?.map(({ manager }) => manager)).toContain('argocd-controller');
    await on.cluster.kubectl(['apply', '--server-side', '--field-manager=argocd-controller', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'storefront', namespace: 'shop', labels: { 'app.kubernetes.io/instance': 'storefront' } },
        spec: { template: { spec: { containers: [{ name: 'web', image: 'registry.example.com/storefront:5' }] } } },
      }),
    });
  });
});
