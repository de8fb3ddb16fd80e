import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { applySituation } from '../fixtures/apply-fixtures.ts';
import { openWorkplace } from '../support/plugin.ts';

await describeOnCluster('a backup that could not read all that it was asked for', {}, (on) => {
  beforeAll(async () => {
    await on.cluster.kubectl(['create', 'namespace', 'mine']);
    await on.cluster.kubectl(['create', 'configmap', 'settings', '-n', 'mine']);
  });

  it('names the types that the user may not list, and ends as partial', async () => {
    const reader = [{ apiGroups: [''], resources: ['configmaps', 'namespaces'], verbs: ['get', 'list'] }];
    await using workplace = await openWorkplace(await on.cluster.namespaceUser('mine', reader));
    const { exitCode, stdout, stderr } = await workplace.run('create', 'some', '-n', 'mine');
    expect(exitCode).toBe(3);
    expect(stdout + stderr).toMatch(/secrets/);
    const names = await workplace.succeed('get', 'some', 'all', '-n', 'mine', '-o', 'name');
    expect(names.trim().split('\n').sort()).toEqual([
      'configmap/kube-root-ca.crt',
      'configmap/settings',
      'namespace/mine',
    ]);
    const summary = JSON.parse(await workplace.succeed('describe', 'some', '-o', 'json')) as {
      shortfalls: { kind: string; type: string; namespace: string }[];
    };
    expect(summary.shortfalls).toContainEqual(
      expect.objectContaining({ kind: 'unlisted', type: 'secrets', namespace: 'mine' }),
    );
  });

  it('is whole for a user of one namespace who asks for what a Role lets them read', async () => {
    const reader = [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    ];
    await using workplace = await openWorkplace(await on.cluster.namespaceUser('mine', reader));
    await workplace.succeed('create', 'whole', '-n', 'mine', '--include-resources', 'configmaps');
    const names = await workplace.succeed('get', 'whole', 'all', '-A', '-o', 'name');
    expect(names.trim().split('\n').sort()).toEqual([
      'configmap/kube-root-ca.crt',
      'configmap/settings',
      'namespace/mine',
    ]);
  });

  it('is refused to a user who may read nothing of it, and nothing is written', async () => {
    await using workplace = await openWorkplace(await on.cluster.namespaceUser('mine', []));
    const { exitCode, stderr } = await workplace.run('create', 'nothing', '-n', 'mine');
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/^error: nothing of what was selected could be read, so there is no backup: .*cannot list/m);
    expect(stderr).toContain('hint: kubectl auth can-i list');
    expect((await workplace.succeed('list', '-o', 'name')).trim()).toBe('');
  });

  it('refuses a namespace that does not exist, and writes nothing', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const { exitCode, stderr } = await workplace.run('create', 'none', '-n', 'no-such-namespace');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no-such-namespace');
    expect((await workplace.succeed('list', '-o', 'name')).trim()).toBe('');
  });

  it('names a group that discovery cannot tell, and ends as partial', async () => {
    await on.cluster.kubectl(['create', 'namespace', 'monitoring']);
    await applySituation(on.cluster, 'broken-aggregated-api');
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    await expect
      .poll(async () => (await on.cluster.client().request('GET', '/apis/metrics.example.com/v1beta1')).status)
      .toBe(503);
    const { exitCode, stdout, stderr } = await workplace.run('create', 'without-metrics', '--exclude-resources', 'cm');
    expect(exitCode).toBe(3);
    expect(stdout + stderr).toMatch(/metrics\.example\.com/);

    // Who asks for other types only has lost nothing.
    await workplace.succeed('create', 'just-config', '--include-resources', 'cm');
  });
});
