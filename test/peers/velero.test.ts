import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { describeOnServer } from '../servers/suite.ts';
import { provisionVersitygw, startVersitygw } from '../servers/versitygw.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';
import { wipeCluster } from '../support/wipe-cluster.ts';
import { encryptionConfiguration } from './encryption-configuration.ts';

import { provisionVelero, startVelero, veleroNamespace, veleroVersion, type Velero } from './velero.ts';
import { withoutLongNames } from './without-long-names.ts';

const provision = async () => ({ versitygw: await provisionVersitygw(), programs: await provisionVelero() });
const start = async ({ versitygw, programs }: Awaited<ReturnType<typeof provision>>) => {
  const s3 = await startVersitygw(versitygw);
  return { s3, programs, stop: () => s3.stop() };
};

await describeOnServer(`Velero ${veleroVersion}`, provision, start, (onServer) =>
  describeOnCluster('beside us on one bucket', { fixtures: true }, (on) => {
    let workplace: Workplace;
    let velero: Velero;
    let from: readonly string[];
    let before: ClusterSnapshot;
    /** What a restore by Velero of its own backup brings back. */
    let fromTheirs: ClusterSnapshot;
    const startServer = (...flags: readonly string[]): Promise<Velero> => {
      const { s3, programs } = onServer.server;
      return startVelero(programs, { cluster: on.cluster, s3, prefix: 'velero', flags });
    };
    const snapshot = (): Promise<ClusterSnapshot> => snapshotOfOthers(on.cluster);
    /** Throws unless it ends without an error. Returns what is in the cluster then, but for what Velero adds or draws anew. */
    const restoredByVelero = async (backup: string): Promise<ClusterSnapshot> => {
      await wipeCluster(on.cluster.client(on.cluster.admin, 16), isOfVelero);
      const { status, said } = await velero.restore(backup);
      expect([status?.phase, status?.errors], said).toEqual(['Completed', undefined]);
      return withoutTraces(await snapshot());
    };

    beforeAll(async () => {
      const { s3 } = onServer.server;
      const keys = { ...s3.keys, AWS_EC2_METADATA_DISABLED: 'true' };
      workplace = await openWorkplace(on.cluster.clusterAdmin, keys);
      const keyFile = join(workplace.home, 'keys.json');
      await writeFile(keyFile, encryptionConfiguration('secrets', 'configmaps'));
      await using keyHolder = await openWorkplace(on.cluster.clusterAdmin, {
        ...keys,
        INFRABACKUP_ENCRYPTION_CONFIG: keyFile,
      });
      from = ['--from', s3.location('velero')];
      const to = ['--to', s3.location('velero')];
      await withoutLongNames(on.cluster);
      before = await snapshot();

      await workplace.succeed('create', 'ours', ...to);
      await workplace.succeed('create', 'passing', ...to, '-n', 'shop');
      await workplace.succeed('create', 'sealed', ...to, '--encryption-config', keyFile);
      const forVelero = ['--decrypt', '--format', 'velero', ...to];
      await keyHolder.succeed('copy', 'sealed', ...from, '--as', 'opened', ...forVelero);
      const folder = join(workplace.home, 'rancher');
      const forRancher = ['--format', 'rancher', '--encryption-config', keyFile, '--to', folder];
      await workplace.succeed('copy', 'ours', ...from, ...forRancher);
      const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tar.gz.enc'));
      await keyHolder.succeed('copy', join(folder, archive!), '--as', 'from-rancher', ...forVelero);
      // A restore keeps its journal in the same bucket.
      await on.cluster.kubectl(['annotate', 'configmap', 'text', '-n', 'shop', 'passing=yes']);
      await workplace.succeed('restore', 'ours', 'configmap/text', '-n', 'shop', ...from, '--yes');

      velero = await startServer('--garbage-collection-frequency=10s');
      return async () => {
        await velero.stop();
        await workplace[Symbol.asyncDispose]();
      };
    });

    it('lists what we write as finished backups that never expire, and nothing that is encrypted', async () => {
      for (const name of ['ours', 'opened', 'from-rancher']) {
        const { status } = (await velero.backup(name))!;
        expect([name, status?.phase, status?.expiration]).toEqual([name, 'Completed', undefined]);
      }
      expect(await velero.backup('sealed')).toBeUndefined();
      expect((await velero.location()).status?.phase).toBe('Available');
    });

    it('describes to the last object what `copy --format velero` writes, and has a log of it', async () => {
      const { stdout } = await velero.run('backup', 'describe', 'opened', '--details', '--colorized=false');
      expect(stdout).toMatch(/Phase:\s+Completed/);
      expect(stdout).toMatch(/v1\/ConfigMap:\n(\s+- .*\n)*\s+- shop\/text\n/);
      expect(stdout).toMatch(/Secrets lie in this backup UNENCRYPTED/);
      expect(stdout).not.toMatch(/<error|not found>/);
      expect((await velero.run('backup', 'logs', 'opened')).stdout).toMatch(
        /Written from the backup sealed of infrabackup/,
      );
    });

    it('makes a backup that we list, describe, read, compare, verify and copy', async () => {
      await velero.run(
        'backup',
        'create',
        'theirs',
        '--exclude-namespaces',
        veleroNamespace,
        '--include-cluster-resources',
        '--wait',
      );
      expect((await velero.backup('theirs'))?.status).toMatchObject({ phase: 'Completed', formatVersion: '1.1.0' });

      expect(await workplace.succeed('list', ...from)).toMatch(/^theirs +\S+ +Velero +\d/m);
      const described = JSON.parse(await workplace.succeed('describe', 'theirs', ...from, '-o', 'json')) as object;
      expect(described).toMatchObject({ tool: 'Velero', cluster: { version: `v${on.cluster.version}` } });
      const live = await on.cluster.kubectl(['get', 'secrets', '-n', 'payments', '-o', 'name']);
      expect(await workplace.succeed('get', 'theirs', 'secrets', '-n', 'payments', ...from, '-o', 'name')).toBe(
        live.stdout,
      );
      expect(await workplace.succeed('verify', 'theirs', ...from)).toMatch(/\d+ objects/);
      expect(await workplace.run('diff', 'theirs', ...from)).toMatchObject({ exitCode: 0, stdout: '' });

      await workplace.succeed('copy', 'theirs', ...from, '--as', 'adopted');
      await workplace.succeed('verify', 'adopted');
      await on.cluster.kubectl(['patch', 'configmap', 'text', '-n', 'shop', '-p', '{"data":{"more":"x"}}']);
      for (const diff of [workplace.run('diff', 'theirs', ...from), workplace.run('diff', 'adopted')]) {
        expect(await diff).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/-.*more/) as string });
      }
    });

    it('makes a backup from which we bring a wiped cluster back, field by field', async () => {
      await wipeCluster(on.cluster.client(on.cluster.admin, 16), isOfVelero);
      await workplace.succeed('restore', 'theirs', ...from, '--yes');
      await expect.poll(async () => snapshotDifferences(before, await snapshot())).toEqual([]);
    });

    it('restores its own backup, as far as it can', async () => {
      fromTheirs = await restoredByVelero('theirs');
      expect(fromTheirs.has('Deployment.apps shop/storefront')).toBe(true);
    });

    it.each([
      ['a backup of ours', 'ours'],
      ['an encrypted one that we wrote for it', 'opened'],
      ["an archive for Rancher's operator that we wrote for it", 'from-rancher'],
    ])('restores %s without an error, object by object as its own', async (_, name) => {
      expect(snapshotDifferences(fromTheirs, await restoredByVelero(name))).toEqual([]);
    });

    it('leaves our backups alone when it collects what has expired', async () => {
      await velero.looksAgain();
      expect(await velero.log()).toContain('controller=gc');
      expect((await velero.backup('ours'))?.status?.phase).toBe('Completed');
      await workplace.succeed('verify', 'ours', ...from);
    });

    it('deletes a backup of ours when told to, and forgets one that we delete', async () => {
      await velero.run('backup', 'delete', 'passing', '--confirm');
      await expect.poll(() => velero.backup('passing')).toBeUndefined();
      expect(await workplace.succeed('list', ...from, '-o', 'name')).not.toContain('passing');
      await workplace.succeed('create', 'passing', '--to', from[1]!, '-n', 'shop');
      await velero.looksAgain();
      expect((await velero.backup('passing'))?.status?.phase).toBe('Completed');
      await workplace.succeed('delete', 'passing', ...from, '--yes');
      await velero.looksAgain();
      expect(await velero.backup('passing')).toBeUndefined();
    });

    it('restores ours also where it is told to look for objects by their versions', async () => {
      await velero.stop();
      velero = await startServer('--features=EnableAPIGroupVersions');
      for (const name of ['ours', 'opened']) {
        expect(snapshotDifferences(fromTheirs, await restoredByVelero(name)), name).toEqual([]);
      }
    });
  }),
);

/** What Velero keeps in the cluster for itself outlives the disasters of these tests. */
function isOfVelero({
  metadata,
}: {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): boolean {
  const { name, namespace } = metadata;
  return namespace === veleroNamespace || name === veleroNamespace || name.endsWith('.velero.io');
}

/** The cluster without Velero's own. */
async function snapshotOfOthers(cluster: Cluster): Promise<ClusterSnapshot> {
  const all = await snapshotCluster(cluster.client(), { settled: true });
  return new Map([...all].filter(([key]) => !/\/velero$|\.velero\.io| velero\//.test(key)));
}

/** Objects as they would be without the labels that Velero adds, and without what each restore draws anew. */
function withoutTraces(snapshot: ClusterSnapshot): ClusterSnapshot {
  const drawn =
    /"(clusterIP|nodePort|healthCheckNodePort)": |"velero\.io\/(backup|restore)-name": |^ *"10\.0\.\d+\.\d+",?$/;
  return new Map(
    [...snapshot].map(([key, text]) => [
      key,
      text
        .split('\n')
        .filter((line) => !drawn.test(line))
        .join('\n'),
    ]),
  );
}
