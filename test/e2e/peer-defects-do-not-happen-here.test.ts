import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { killAt, startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

const run = promisify(execFile);

/*
 * What other tools got wrong, each as a test. Those that are shown elsewhere:
 *
 * | defect of a peer                                             | test                                                     |
 * | ------------------------------------------------------------ | -------------------------------------------------------- |
 * | retention counts and deletes backups of similar names        | packages/core/src/location/prune.test.ts                 |
 * | a backup to no location says that it is done                 | packages/storage/src/open-store.test.ts, locations       |
 * | what fails after a backup makes the backup count as failed   | prune is a verb of its own                               |
 * | deleting a backup leaves its files, nothing lists them       | test/e2e/backup-is-never-half.test.ts                    |
 * | encryption leaves types in clear and does not say so         | packages/core/src/encryption                             |
 * | a group that cannot be discovered is missing without a word  | test/e2e/backup-says-what-is-missing.test.ts             |
 * | whether all went well is guessed from the log                | docs/exit-codes.md, test/e2e/restore-says-what-it-cannot |
 * | types are listed one after the other, at different instants  | test/e2e/backup-is-one-instant.test.ts                   |
 * | equal objects are reported as different                      | test/e2e/diff-shows-what-a-restore-would-change.test.ts  |
 * | an update overwrites what somebody wrote meanwhile           | test/e2e/restore-leaves-what-moved.test.ts               |
 * | what lies in the bucket is trusted                           | packages/core/src/archive/hostile-backup.test.ts         |
 * | labels are added, owners, status and addresses are lost      | test/e2e/restore-brings-a-wiped-cluster-back.test.ts     |
 * | drift is left as it is, and the restore counts as completed  | test/e2e/undo-brings-everything-back.test.ts             |
 */
await describeOnCluster('what goes wrong elsewhere', {}, (on) => {
  let workplace: Workplace;
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const apply = (...items: object[]): Promise<unknown> =>
    on.cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  const define = async (plural: string, kind: string, group: string): Promise<void> => {
    const names = { plural, singular: kind.toLowerCase(), kind };
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    await apply({
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names, versions },
    });
    await kubectl('wait', '--for=condition=Established', `crd/${plural}.${group}`);
  };
  const archiveOf = (name: string): string =>
    join(workplace.home, 'data', 'infrabackup', 'backups', name, `${name}.tar.gz`);

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await kubectl('create', 'namespace', 'lab');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('objects whose type or name has the word filters in it are restored, and not pruned', async () => {
    await define('envoyfilters', 'EnvoyFilter', 'networking.istio.io');
    const filter = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'EnvoyFilter',
      metadata: { name: 'f', namespace: 'lab' },
    };
    await apply(filter);
    await kubectl('-n', 'lab', 'create', 'configmap', 'fluent-filters', '--from-literal=a=1');
    await workplace.succeed('create', 'filters', '-n', 'lab');
    await workplace.succeed('restore', 'filters', '-n', 'lab', '--prune', '--yes');
    expect(await kubectl('-n', 'lab', 'get', 'envoyfilters,configmaps', '-o', 'name')).toMatch(
      /\/f\n.*fluent-filters/s,
    );

    await kubectl('-n', 'lab', 'delete', 'envoyfilter/f', 'configmap/fluent-filters');
    await workplace.succeed('restore', 'filters', '-n', 'lab', '--prune', '--yes');
    expect(await kubectl('-n', 'lab', 'get', 'envoyfilters,configmaps', '-o', 'name')).toMatch(
      /\/f\n.*fluent-filters/s,
    );
  });

  it('a definition that is a moment old is in the backup, and so are its objects', async () => {
    await define('gadgets', 'Gadget', 'young.example.com');
    await apply({ apiVersion: 'young.example.com/v1', kind: 'Gadget', metadata: { name: 'g', namespace: 'lab' } });
    await workplace.succeed('create', 'young');
    const names = await workplace.succeed('get', 'young', 'crd,gadgets', '-A', '-o', 'name');
    expect(names).toContain('gadgets.young.example.com');
    expect(names).toContain('/g\n');
  });

  it('an archive with other paths than ours is refused, and nothing is pruned for not being in it', async () => {
    await workplace.succeed('create', 'packed', '-n', 'lab');
    const [unpacked, packed] = [join(workplace.home, 'unpacked'), join(workplace.home, 'packed.tar.gz')];
    await mkdir(unpacked);
    await run('tar', ['-xzf', archiveOf('packed'), '-C', unpacked]);
    await run('tar', ['-czf', packed, '-C', unpacked, '.']);
    const before = await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name');
    const { exitCode } = await workplace.run('restore', packed, '-n', 'lab', '--prune', '--yes');
    expect([2, 9]).toContain(exitCode);
    expect(await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name')).toBe(before);
  });

  it('the name of a backup leads nowhere else', async () => {
    for (const name of ['../packed', '../../../../etc/passwd', '..']) {
      const { exitCode, stderr } = await workplace.run(
        'restore',
        name,
        '--from',
        join(workplace.home, 'data', 'infrabackup'),
        '--yes',
      );
      expect([2, 4], `${name}: ${stderr}`).toContain(exitCode);
    }
  });

  it('a copy in another namespace gets addresses of its own, and the original keeps its', async () => {
    const spec = { type: 'NodePort', ports: [{ port: 80 }] };
    await apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'given', namespace: 'lab' }, spec });
    const addressesIn = (namespace: string): Promise<string> =>
      kubectl('-n', namespace, 'get', 'service', 'given', '-o', 'jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}');
    const before = await addressesIn('lab');
    await workplace.succeed('create', 'addressed', '-n', 'lab');
    await workplace.succeed(
      ...['restore', 'addressed', 'svc/given', '-n', 'lab', '--namespace-mapping', 'lab=default', '--yes'],
    );
    expect(await addressesIn('lab')).toBe(before);
    for (const address of (await addressesIn('default')).split(' ')) expect(before.split(' ')).not.toContain(address);
  });

  it('finalizers and owners that others have added since are kept when the content is put back', async () => {
    await kubectl('-n', 'lab', 'create', 'configmap', 'shared', '--from-literal=a=1');
    await kubectl('-n', 'lab', 'create', 'configmap', 'owner');
    await workplace.succeed('create', 'shared', '-n', 'lab');
    const uid = await kubectl('-n', 'lab', 'get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}');
    const metadata = {
      finalizers: ['example.com/hold'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }],
    };
    await kubectl('-n', 'lab', 'patch', 'configmap', 'shared', '-p', JSON.stringify({ data: { a: '2' }, metadata }));
    await workplace.succeed('restore', 'shared', 'cm/shared', '-n', 'lab', '--yes');
    const shown = '{.data.a} {.metadata.finalizers} {.metadata.ownerReferences[0].name}';
    expect(await kubectl('-n', 'lab', 'get', 'configmap', 'shared', '-o', `jsonpath=${shown}`)).toBe(
      '1 ["example.com/hold"] owner',
    );
    await kubectl('-n', 'lab', 'patch', 'configmap', 'shared', '-p', '{"metadata":{"finalizers":null}}');
  });

  describe('a workload that is scaled down for the restore', () => {
    /** Its way to the cluster is the proxy. */
    let workplace: Workplace;
    let proxy: FaultProxy;
    const args = ['restore', 'sized', '-n', 'lab', '--scale-down', 'deploy/web', '--yes'];
    const replicas = () => kubectl('-n', 'lab', 'get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}');
    const kept = async (): Promise<string> =>
      (await kubectl('-n', 'lab', 'get', 'configmaps', '-o', 'name')).match(/infrabackup-sizes-\S+/)?.[0] ?? '';
    /** Kills a restore when the workload is down, while it asks whether the pods are gone. */
    const killWhenDown = async (): Promise<void> => {
      await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '-p', '{"data":{"a":"changed"}}');
      let isScaled = false;
      await killAt(proxy, workplace.start(...args), ({ method, path }) => {
        const isMoment = isScaled && method === 'GET' && path.includes('/deployments/web');
        isScaled ||= method === 'PATCH' && path.includes('/deployments/web/scale');
        return isMoment;
      });
      expect(await replicas()).toBe('0');
      expect(await kept()).not.toBe('');
    };

    beforeAll(async () => {
      proxy = await startFaultProxy(on.cluster);
      workplace = await openWorkplace(proxy.user);
      await kubectl('-n', 'lab', 'create', 'deployment', 'web', '--image=example.com/web:1', '--replicas=3');
      await kubectl('-n', 'lab', 'create', 'configmap', 'settings', '--from-literal=a=1');
      await workplace.succeed('create', 'sized', '-n', 'lab');
      return async () => {
        await workplace[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      };
    });

    it.each([
      ['the same restore, which goes on', args],
      ['a new one that prunes', [...args, '--start-over', '--prune']],
    ])('has its size back after a crash and %s', async (_name, again) => {
      await killWhenDown();
      await workplace.succeed(...again);
      expect([await replicas(), await kept()]).toEqual(['3', '']);
    });

    it('is as it was after a crash and an undo', async () => {
      await killWhenDown();
      const id = (await workplace.succeed('restores', '-o', 'name')).split('\n')[0]!;
      await workplace.succeed('undo', id, '--yes');
      expect([await replicas(), await kept()]).toEqual(['3', '']);
    });

    it('has the size of the backup when it was not there before', async () => {
      await kubectl('-n', 'lab', 'delete', 'deployment', 'web');
      await workplace.succeed(...args);
      expect([await replicas(), await kept()]).toEqual(['3', '']);
    });

    it('stays down where that was asked for, until the restore is undone', async () => {
      await kubectl('-n', 'lab', 'patch', 'configmap', 'settings', '-p', '{"data":{"a":"changed"}}');
      const { stdout, stderr, exitCode } = await workplace.run(...args, '--stay-down', '-o', 'name');
      expect(exitCode).toBe(0);
      expect(stderr).toContain('kubectl scale deployments.apps/web -n lab --replicas=3');
      expect(await replicas()).toBe('0');
      await workplace.succeed('undo', stdout.trim(), '--yes');
      expect([await replicas(), await kept()]).toEqual(['3', '']);
    });
  });
});
