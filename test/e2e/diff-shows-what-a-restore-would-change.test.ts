import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { waitUntilQuiet } from '../fixtures/apply-fixtures.ts';
import { snapshotCluster, snapshotDifferences } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

interface DiffData {
  readonly counts: Readonly<Record<string, number>>;
  readonly objects: readonly {
    readonly verdict: string;
    readonly type: string;
    readonly name: string;
    readonly reason?: { readonly kind: string };
    readonly notes?: readonly { readonly kind: string; readonly by?: string; readonly suspend?: string }[];
    readonly changes?: readonly { readonly kind: string; readonly path: string }[];
  }[];
}

await describeOnCluster('diff against the live cluster', { fixtures: true }, (on) => {
  let workplace: Workplace;
  const kubectl = (...args: string[]): Promise<unknown> => on.cluster.kubectl(args);
  /** By a reader that is not our own, but for what controllers write in their own time. */
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  const managers = (): Promise<unknown> =>
    kubectl('-n', 'lab', 'get', 'configmaps,secrets', '-o', 'jsonpath={.items[*].metadata.managedFields}');
  const data = async (...args: string[]): Promise<DiffData> =>
    JSON.parse((await workplace.run('diff', 'nightly', '-o', 'json', ...args)).stdout) as DiffData;

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await kubectl('create', 'namespace', 'lab');
    await kubectl('-n', 'lab', 'create', 'deployment', 'web', '--image=example.com/web:1', '--port=80');
    await kubectl('-n', 'lab', 'expose', 'deployment', 'web', '--port=80');
    await kubectl('-n', 'lab', 'create', 'configmap', 'settings', '--from-literal=colour=blue');
    await kubectl('-n', 'lab', 'create', 'configmap', 'gone', '--from-literal=a=b');
    await kubectl('-n', 'lab', 'create', 'secret', 'generic', 'login', '--from-literal=password=before-rotation');
    await kubectl(
      '-n',
      'lab',
      'annotate',
      'configmap',
      'settings',
      'argocd.argoproj.io/tracking-id=shop:/ConfigMap:lab/settings',
    );
    await workplace.succeed('create', 'nightly');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('is empty and ends with 0 right after the backup, on everything that the fixtures hold', async () => {
    const { exitCode, stdout } = await workplace.run('diff', 'nightly');
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });

  it('shows what changed since, left live and right after, and nothing that the server changed by itself', async () => {
    await kubectl('-n', 'lab', 'scale', 'deployment', 'web', '--replicas=4');
    await kubectl('-n', 'lab', 'set', 'env', 'deployment/web', 'MODE=fast');
    await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '--patch', '{"data":{"colour":"red"}}');
    await kubectl('-n', 'lab', 'delete', 'configmap', 'gone');
    await kubectl('-n', 'lab', 'create', 'configmap', 'fresh', '--from-literal=a=b');
    await kubectl('-n', 'lab', 'patch', 'secret', 'login', '--patch', '{"stringData":{"password":"after-rotation"}}');
    await waitUntilQuiet(on.cluster);
    const [before, managersBefore] = [await snapshot(), await managers()];

    const { exitCode, stdout, stderr } = await workplace.run('diff', 'nightly', '-n', 'lab');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('1 create, 3 update');
    expect(stdout.split('\n').filter((line) => /^(diff|[-+] )/.test(line))).toEqual([
      'diff create configmaps/gone -n lab',
      '+  a: b',
      '+  name: gone',
      '+  namespace: lab',
      'diff update configmaps/settings -n lab',
      '-  colour: red',
      '+  colour: blue',
      'diff update deployments.apps/web -n lab',
      '-  replicas: 4',
      '+  replicas: 1',
      '-      - env:',
      '-        - name: MODE',
      '-          value: fast',
      '-        image: example.com/web:1',
      '+      - image: example.com/web:1',
      'diff update secrets/login -n lab',
      '-  password: "*** (before)"',
      '+  password: "*** (after)"',
    ]);
    expect(snapshotDifferences(before, await snapshot())).toEqual([]);
    expect(await managers()).toEqual(managersBefore);
  });

  it('names what is live only as extra, which nothing but --prune would touch', async () => {
    const { objects } = await data('-n', 'lab');
    expect(objects.filter(({ verdict }) => verdict === 'extra').map(({ name }) => name)).toContain('fresh');
    const pruning = await data('-n', 'lab', '--prune');
    expect(pruning.objects.filter(({ verdict }) => verdict === 'delete').map(({ name }) => name)).toContain('fresh');
  });

  it('takes the flags of restore: existing objects that are to be left alone are skipped with the reason', async () => {
    const { exitCode, stdout } = await workplace.run(
      'diff',
      'nightly',
      '-n',
      'lab',
      '--existing',
      'skip',
      '-o',
      'summary',
    );
    expect(stdout).toMatch(/^create +configmaps\/gone -n lab$/m);
    expect(stdout).toMatch(/^skip +1 object +deployments\.apps: it exists, and existing objects are left alone$/m);
    expect(exitCode).toBe(1);
  });

  it('says what changes in each object, for programs', async () => {
    const { objects } = await data('deploy/web', '-n', 'lab');
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ verdict: 'update', type: 'deployments.apps', name: 'web' });
    expect(objects[0]!.changes?.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'changed spec.replicas',
      'removed spec.template.spec.containers[name=web].env',
    ]);
  });

  it('tells an immutable field from one that can change, and what would help', async () => {
    await kubectl('-n', 'lab', 'create', 'job', 'once', '--image=example.com/job:1');
    await workplace.succeed('create', 'with-job', '-n', 'lab');
    await kubectl('-n', 'lab', 'delete', 'job', 'once');
    await kubectl('-n', 'lab', 'create', 'job', 'once', '--image=example.com/job:2');
    const { stdout, exitCode } = await workplace.run('diff', 'with-job', 'job/once', '-n', 'lab');
    expect(stdout).toMatch(
      /^# conflict jobs\.batch\/once -n lab: spec\.template cannot change; --existing replace deletes it and creates it anew: /,
    );
    expect(exitCode).toBe(1);
    const replaced = await workplace.run(
      'diff',
      'with-job',
      'job/once',
      '-n',
      'lab',
      '--existing',
      'replace',
      '-o',
      'name',
    );
    expect(replaced.stdout).toBe('jobs.batch/once -n lab\n');
  });

  it('says who else writes an object, and how to stop that', async () => {
    const { stdout } = await workplace.run('diff', 'nightly', 'cm/settings', '-n', 'lab');
    expect(stdout).toContain('# Argo CD application shop writes it too');
    expect(stdout).toContain('argocd app set shop --sync-policy none');
    const skipped = await data('cm/settings', '-n', 'lab', '--managed', 'skip');
    expect(skipped.objects).toMatchObject([{ verdict: 'skip', reason: { kind: 'managed' } }]);
  });

  it('never shows the value of a Secret, in no format and in no external program', async () => {
    for (const format of ['unified', 'summary', 'json', 'name']) {
      const { stdout, stderr } = await workplace.run('diff', 'nightly', '-n', 'lab', '-o', format);
      expect(stdout + stderr).not.toMatch(/(before|after)-rotation|YmVmb3Jl|YWZ0ZXI/);
    }
  });

  it('works for a user of one namespace with a Role', async () => {
    const user = await on.cluster.namespaceUser('lab');
    await using own = await openWorkplace(user);
    const args = ['-n', 'lab', '--include-resources', 'cm'];
    await own.succeed('create', 'mine', ...args);
    expect((await own.run('diff', 'mine', ...args)).exitCode).toBe(0);
    await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '--patch', '{"data":{"colour":"green"}}');
    const { exitCode, stdout } = await own.run('diff', 'mine', ...args);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('-  colour: green\n+  colour: red');
  });
});
