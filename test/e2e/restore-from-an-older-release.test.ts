import { beforeAll, expect, it } from 'vitest';
import { startCluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { applyFixtures } from '../fixtures/apply-fixtures.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

interface PlanData {
  readonly counts: Readonly<Record<string, number>>;
  readonly objects: readonly {
    readonly ref: { readonly type: string; readonly name: string };
    readonly verdict: string;
    readonly reason?: { readonly kind: string; readonly reason?: string; readonly row?: string };
  }[];
}

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.old.example.com' },
  spec: {
    group: 'old.example.com',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const gadget = {
  apiVersion: 'old.example.com/v1',
  kind: 'Gadget',
  metadata: { name: 'g', namespace: 'default' },
  size: 1,
};
const resourceClass = {
  apiVersion: 'resource.k8s.io/v1alpha2',
  kind: 'ResourceClass',
  metadata: { name: 'gpu' },
  driverName: 'gpu.example.com',
};
const bootstrap =
  /^(ClusterRole|ClusterRoleBinding|Role|RoleBinding)\.rbac|^(FlowSchema|PriorityLevelConfiguration)\.|^PriorityClass\..* \/system-|^APIService\.|^ServiceCIDR\./;

/** The sums of other roles, of which the fixtures bring some. */
const aggregated = /^ClusterRole\..* \/(admin|edit|view)$/;

await describeOnCluster('a backup of 1.30 restored into 1.36', {}, (on) => {
  let workplace: Workplace;
  let fresh: ClusterSnapshot;
  const plan = async (...args: string[]): Promise<PlanData> => {
    const { stdout } = await workplace.run('restore', 'old', '--dry-run=client', '-o', 'json', ...args);
    return JSON.parse(stdout) as PlanData;
  };

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    {
      await using old = await startCluster({
        version: '1.30.14',
        // An API that nobody has in 1.36, also not switched off.
        apiServerFlags: [
          '--runtime-config=resource.k8s.io/v1alpha2=true',
          '--feature-gates=DynamicResourceAllocation=true',
        ],
      });
      await applyFixtures(old);
      for (const object of [definition, resourceClass]) {
        await old.kubectl(['create', '-f', '-'], { input: JSON.stringify(object) });
      }
      await old.kubectl(['wait', '--for=condition=Established', 'crd/gadgets.old.example.com']);
      await old.kubectl(['create', '-f', '-'], { input: JSON.stringify(gadget) });
      await using there = await openWorkplace(old.clusterAdmin);
      await there.succeed('create', 'old', '--to', `${workplace.home}/data/infrabackup`);
    }
    fresh = await snapshotCluster(on.cluster.client());
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('names before the restore what the cluster does not serve, and why', async () => {
    const { objects } = await plan();
    const unservable = objects.filter(({ verdict }) => verdict === 'unservable');
    expect(unservable.map(({ ref, reason }) => [ref.type, ref.name, reason?.reason])).toEqual([
      ['resourceclasses.resource.k8s.io', 'gpu', 'removed'],
    ]);
  });

  it('names custom resources whose definition is neither there nor restored along', async () => {
    const { objects } = await plan('--exclude-resources', 'customresourcedefinitions');
    const gadgets = objects.filter(({ ref }) => ref.type === 'gadgets.old.example.com');
    expect(gadgets.map(({ verdict, reason }) => [verdict, reason?.reason])).toEqual([['unservable', 'undefined']]);
  });

  it('refuses to write into another cluster until that is said, also with --yes', async () => {
    const { exitCode, stderr } = await workplace.run('restore', 'old', '--yes');
    expect(exitCode).toBe(6);
    expect(stderr).toContain('--to-other-cluster');
    expect(snapshotDifferences(fresh, await snapshotCluster(on.cluster.client()))).toEqual([]);
  });

  it('restores the rest, and ends as partial', async () => {
    const { exitCode, stderr } = await workplace.run('restore', 'old', '--yes', '--to-other-cluster');
    expect(stderr).toMatch(/left:.* resourceclasses\.resource\.k8s\.io\/gpu/);
    expect(exitCode).toBe(3);
    const { counts, objects } = await plan();
    const open = objects.filter(({ verdict }) => ['create', 'update', 'conflict'].includes(verdict));
    expect(open).toEqual([]);
    expect(counts['unservable']).toBe(1);
  });

  it('leaves every bootstrap role, flow schema, priority level and system class as a fresh 1.36 has it', async () => {
    const after = await snapshotCluster(on.cluster.client());
    const own = [...fresh.keys()].filter((key) => bootstrap.test(key) && !aggregated.test(key));
    expect(own.length).toBeGreaterThan(80);
    const pick = (snapshot: ClusterSnapshot): ClusterSnapshot =>
      new Map(own.map((key) => [key, snapshot.get(key) ?? '']));
    expect(snapshotDifferences(pick(fresh), pick(after))).toEqual([]);
  });

  it('tells afterwards what was not restored, too', async () => {
    const id = (await workplace.succeed('restores', '-o', 'name')).trim().split('\n')[0]!;
    const described = await workplace.succeed('restores', 'describe', id);
    expect(described).toMatch(/unservable\s+resourceclasses\.resource\.k8s\.io\/gpu/);
  });
});
