import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { describeOnServer } from '../servers/suite.ts';
import { provisionVersitygw, startVersitygw } from '../servers/versitygw.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';
import { wipeCluster } from '../support/wipe-cluster.ts';
import { encryptionConfiguration } from './encryption-configuration.ts';
import {
  provisionRancherOperator,
  rancherNamespace,
  rancherVersion,
  startRancherOperator,
  type RancherOperator,
  type Sealing,
} from './rancher-operator.ts';
import { withoutLongNames } from './without-long-names.ts';

const namespaces = ['shop', 'databases', 'payments', 'monitoring'];
const resourceSet = {
  apiVersion: 'resources.cattle.io/v1',
  kind: 'ResourceSet',
  metadata: { name: 'shops' },
  resourceSelectors: [
    { apiVersion: 'v1', kindsRegexp: '^namespaces$', resourceNames: namespaces },
    {
      apiVersion: 'v1',
      kindsRegexp: '^(configmaps|secrets|serviceaccounts|services|limitranges)$',
      namespaces,
    },
    { apiVersion: 'apps/v1', kindsRegexp: '^(deployments|statefulsets|daemonsets)$', namespaces },
    { apiVersion: 'batch/v1', kindsRegexp: '^cronjobs$', namespaces },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kindsRegexp: '^roles$|^rolebindings$', namespaces },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kindsRegexp: '^clusterroles$|^clusterrolebindings$',
      resourceNameRegexp: '^acme:controller:',
    },
    { apiVersion: 'apiextensions.k8s.io/v1', kindsRegexp: '.', resourceNameRegexp: '\\.example\\.com$' },
    { apiVersion: 'storage.example.com/v1', kindsRegexp: '.' },
    { apiVersion: 'security.example.com/v1', kindsRegexp: '.' },
  ],
};

/** Dependents of owners that are in no set, and tokens, do not outlive a restore by the operator. */
const lost = ['configmaps/logo -n shop', 'secrets/prometheus-token -n monitoring'];

const provision = async () => ({ versitygw: await provisionVersitygw(), programs: await provisionRancherOperator() });
const start = async ({ versitygw, programs }: Awaited<ReturnType<typeof provision>>) => {
  const s3 = await startVersitygw(versitygw);
  return { s3, programs, stop: () => s3.stop() };
};

await describeOnServer(`Rancher's backup operator ${rancherVersion}`, provision, start, (onServer) =>
  describeOnCluster('beside us on one bucket', { fixtures: true }, (on) => {
    let workplace: Workplace;
    let keyHolder: Workplace;
    let operator: RancherOperator;
    let from: readonly string[];
    const theirs: Partial<Record<Sealing, string>> = {};
    const ours: Partial<Record<Sealing, string>> = {};
    const fromTheirs: Partial<Record<Sealing, ClusterSnapshot>> = {};
    const readerOf = (sealing: Sealing): Workplace => (sealing === 'clear' ? workplace : keyHolder);
    const wipe = (): Promise<void> => wipeCluster(on.cluster.client(on.cluster.admin, 16), isOfRancher);

    beforeAll(async () => {
      const { s3, programs } = onServer.server;
      const env = { ...s3.keys, AWS_EC2_METADATA_DISABLED: 'true' };
      workplace = await openWorkplace(on.cluster.clusterAdmin, env);
      const keyFile = join(workplace.home, 'keys.json');
      await writeFile(keyFile, encryptionConfiguration('secrets', 'configmaps'));
      keyHolder = await openWorkplace(on.cluster.clusterAdmin, { ...env, INFRABACKUP_ENCRYPTION_CONFIG: keyFile });
      from = ['--from', s3.location('rancher')];
      await withoutLongNames(on.cluster);
      operator = await startRancherOperator(programs, {
        ...{ cluster: on.cluster, s3, folder: 'rancher' },
        encryptionConfiguration: encryptionConfiguration('secrets', 'configmaps'),
      });
      const input = JSON.stringify(resourceSet);
      await on.cluster.kubectl(['apply', '-f', '-'], { user: on.cluster.admin, input });
      theirs.clear = await operator.backUp('theirs', 'shops');
      theirs.encrypted = await operator.backUp('theirs-sealed', 'shops', 'encrypted');

      const setFile = join(workplace.home, 'set.json');
      await writeFile(setFile, input);
      await workplace.succeed('create', 'ours', '--resource-set', setFile);
      const out = ['--format', 'rancher', '--to', s3.location('rancher'), '-o', 'name'];
      ours.clear = (await workplace.succeed('copy', 'ours', ...out)).trim();
      const sealing = ['--encryption-config', keyFile];
      ours.encrypted = (await workplace.succeed('copy', 'ours', ...sealing, ...out)).trim();
      return async () => {
        await operator.stop();
        await keyHolder[Symbol.asyncDispose]();
        await workplace[Symbol.asyncDispose]();
      };
    });

    it('makes archives that we list at the root of their location, by their file names', async () => {
      const listed = await workplace.succeed('list', ...from);
      for (const name of [theirs.clear!, theirs.encrypted!]) {
        expect(listed.split('\n').find((line) => line.startsWith(`${name} `))).toMatch(/ Rancher /);
      }
      expect((await workplace.succeed('list', ...from, '-o', 'name')).trim().split('\n').sort()).toEqual(
        [...Object.values(theirs), ...Object.values(ours)].sort(),
      );
    });

    it.each<Sealing>(['clear', 'encrypted'])(
      'makes archives that we describe, read, compare, verify and copy: %s',
      async (sealing) => {
        const reader = readerOf(sealing);
        const name = theirs[sealing]!;
        const described = JSON.parse(await reader.succeed('describe', name, ...from, '-o', 'json')) as object;
        expect(described).toMatchObject({ tool: "Rancher's backup operator", selection: { preset: 'shops' } });
        const live = await on.cluster.kubectl(['get', 'secrets', '-n', 'payments', '-o', 'name']);
        const read = await reader.succeed('get', name, 'secrets', '-n', 'payments', ...from, '-o', 'name');
        expect(read).toBe(live.stdout);
        expect(await reader.succeed('verify', name, ...from)).toMatch(/\d+ objects/);
        expect(await reader.run('diff', name, ...from)).toMatchObject({ exitCode: 0, stdout: '' });
        await reader.succeed('copy', name, ...from, '--as', `adopted-${sealing}`);
        await reader.succeed('verify', `adopted-${sealing}`);
        expect(await reader.run('diff', `adopted-${sealing}`)).toMatchObject({ exitCode: 0, stdout: '' });
      },
    );

    describe.each<Sealing>(['clear', 'encrypted'])('in an archive that is %s', (sealing) => {
      it('keeps what we bring back onto a wiped cluster as its own restore does, and with its managers', async () => {
        await wipe();
        await operator.restore(theirs[sealing]!, sealing);
        const isLost = (key: string): boolean =>
          /^(ConfigMap\. shop\/logo|Secret\. monitoring\/prometheus-token)$/.test(key);
        await expect.poll(async () => [...(await settled(on.cluster)).keys()].filter(isLost)).toEqual([]);
        fromTheirs[sealing] = await settled(on.cluster);
        expect(fromTheirs[sealing].has('Deployment.apps shop/storefront')).toBe(true);
        await wipe();
        await readerOf(sealing).succeed('restore', theirs[sealing]!, ...from, '--yes');
        await expect
          .poll(async () =>
            snapshotDifferences(withoutManagers(fromTheirs[sealing]!), withoutManagers(await settled(on.cluster))),
          )
          .toEqual(['ConfigMap. shop/logo: appeared', 'Secret. monitoring/prometheus-token: appeared']);
        expect(await readerOf(sealing).run('diff', theirs[sealing]!, ...from)).toMatchObject({
          exitCode: 0,
          stdout: '',
        });
        const text = ['get', 'configmap', 'text', '-n', 'shop', '-o', 'json', '--show-managed-fields'];
        expect((await on.cluster.kubectl(text)).stdout).toContain('"manager": "kubectl"');
      });

      it('restores what we wrote, object by object as its own', async () => {
        await wipe();
        await operator.restore(ours[sealing]!, sealing);
        await expect.poll(async () => snapshotDifferences(fromTheirs[sealing]!, await settled(on.cluster))).toEqual([]);
        const { stdout } = await workplace.run('diff', 'ours');
        expect(stdout.match(/^diff .*/gm)).toEqual(lost.map((object) => `diff create ${object}`));
      });
    });

    it('is told by us which key an encrypted archive takes, where there is none', async () => {
      const { exitCode, stderr } = await workplace.run('get', theirs.encrypted!, 'secrets', '-A', ...from);
      expect([exitCode, stderr]).toEqual([10, expect.stringContaining('key1')]);
    });
  }),
);

/** What the operator keeps in the cluster outlives the disasters of these tests. */
function isOfRancher({
  metadata,
}: {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): boolean {
  const { name, namespace } = metadata;
  return namespace === rancherNamespace || name === rancherNamespace || /cattle\.io$|^shops$/.test(name);
}

/** The cluster without the operator's own, and without claims, which controllers bind in their own time. */
async function settled(cluster: Cluster): Promise<ClusterSnapshot> {
  const all = await snapshotCluster(cluster.client(), { settled: true });
  const kept = [...all].filter(([key]) => !/cattle|^PersistentVolume/.test(key));
  return new Map(kept.map(([key, text]) => [key, contested.test(key) ? withoutManager(text) : text]));
}

/** What a controller puts into each namespace itself: it, or a restore, is the manager, whoever came first. */
const contested = /^(ConfigMap\. \S+\/kube-root-ca\.crt|ServiceAccount\. \S+\/default)$/;

/** Objects without who wrote what of them: the operator makes itself the owner of all that it restores. */
function withoutManagers(snapshot: ClusterSnapshot): ClusterSnapshot {
  return new Map([...snapshot].map(([key, text]) => [key, withoutManager(text)]));
}

function withoutManager(text: string): string {
  const { metadata, ...object } = JSON.parse(text) as { readonly metadata: object };
  return JSON.stringify({ ...object, metadata: { ...metadata, managedFields: [] } }, null, 1);
}
