import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatMs, formatRows, type BenchmarkRow } from '../bench/benchmark.ts';
import { measureOnce, median } from '../bench/measure.ts';
import { writeSection } from '../bench/page-section.ts';
import { pluginCommand } from '../bench/plugin-command.ts';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { startGeneratedCluster } from '../fixtures/generated-cluster.ts';
import { describeOnServer } from '../servers/suite.ts';
import { provisionVersitygw, startVersitygw, type S3Server } from '../servers/versitygw.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';
import { provisionRancherOperator, rancherVersion, startRancherOperator } from './rancher-operator.ts';
import { provisionVelero, startVelero, veleroVersion } from './velero.ts';

const objectCount = 10_000;
/** Of backups; a restore by the peers takes minutes and is done once. */
const rounds = Number(process.env['INFRABACKUP_ROUNDS'] ?? 3);
const title = "The same 10,000 objects, beside Velero and Rancher's operator";

const types = {
  v1: ['namespaces', 'configmaps', 'secrets', 'serviceaccounts'],
  'rbac.authorization.k8s.io/v1': ['roles', 'rolebindings'],
  'generated.example.com/v1': ['widgets'],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
};
const resourceSet = {
  ...{ apiVersion: 'resources.cattle.io/v1', kind: 'ResourceSet', metadata: { name: 'teams' } },
  resourceSelectors: [
    { apiVersion: 'v1', kindsRegexp: '^namespaces$', resourceNameRegexp: '^team-' },
    { apiVersion: 'apiextensions.k8s.io/v1', kindsRegexp: '.', resourceNameRegexp: '^widgets\\.' },
    { apiVersion: 'v1', kindsRegexp: '^(configmaps|secrets|serviceaccounts)$', namespaceRegexp: '^team-' },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kindsRegexp: '^(roles|rolebindings)$', namespaceRegexp: '^team-' },
    { apiVersion: 'generated.example.com/v1', kindsRegexp: '.', namespaceRegexp: '^team-' },
  ],
};
const others = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'velero', 'cattle-resources-system'];
const ofVelero = [
  ...['--include-resources', Object.values(types).flat().join(',')],
  ...['--exclude-namespaces', others.join(','), '--include-cluster-resources'],
];

const provision = async () => ({
  versitygw: await provisionVersitygw(),
  velero: await provisionVelero(),
  rancher: await provisionRancherOperator(),
});
const start = async ({ versitygw, ...peers }: Awaited<ReturnType<typeof provision>>) => {
  const s3 = await startVersitygw(versitygw);
  return { s3, ...peers, stop: () => s3.stop() };
};

/** What each took, in milliseconds. */
interface Times {
  readonly ours: number;
  readonly velero: number;
  readonly rancher: number;
}

await describeOnServer(title, provision, start, (on) => {
  const rows: BenchmarkRow[] = [];
  let workplace: Workplace;
  let archive: string;
  const env = (s3: S3Server): Record<string, string> => ({ ...s3.keys, AWS_EC2_METADATA_DISABLED: 'true' });
  const plugin = async (cluster: Cluster, verb: string, ...words: readonly string[]): Promise<number> => {
    const command = pluginCommand(workplace.home, cluster.clusterAdmin.kubeconfigPath, verb, ...words);
    return (await measureOnce({ ...command, env: { ...command.env, ...env(on.server.s3) } })).wallMs;
  };

  beforeAll(async () => {
    workplace = await openWorkplace({ kubeconfigPath: '/none' });
    await writeFile(join(workplace.home, 'set.json'), JSON.stringify(resourceSet));
    return () => workplace[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    const table = formatRows(rows);
    process.stdout.write(`\n## ${title}\n\n${table}\n\n`);
    if (process.env['WRITE_TIMES'] !== 'true' || rows.length < 2) return;
    const how = `\`WRITE_TIMES=true npm run test:peers\` on ${new Date().toISOString().slice(0, 10)}: Velero ${veleroVersion} with its rate limits raised, Rancher's operator ${rancherVersion}, all three from and to one S3 server over loopback.`;
    await writeSection(title, how, table);
  });

  it('backed up by each, in turn', async () => {
    const { s3, velero: programs, rancher: operatorFolder } = on.server;
    await using cluster = await startGeneratedCluster({ count: objectCount });
    await using velero = await startVelero(programs, { cluster, s3, prefix: 'velero' });
    await using operator = await startRancherOperator(operatorFolder, { cluster, s3, folder: 'rancher' });
    await cluster.kubectl(['apply', '-f', '-'], { user: cluster.admin, input: JSON.stringify(resourceSet) });
    const all: Times[] = [];
    for (let round = 0; round < rounds; round++) {
      const name = `round-${round}`;
      const set = ['--resource-set', join(workplace.home, 'set.json')];
      const ours = await plugin(cluster, 'create', name, ...set, '--to', s3.location('ours'));
      const theirs = await timed(async () => {
        archive = await operator.backUp(name, 'teams');
      });
      const ofTheirs = await velero.backUp(name, ...ofVelero);
      all.push(told('create', { ours, velero: ofTheirs, rancher: theirs }));
    }
    expect((await velero.backup('round-0'))?.status?.progress?.itemsBackedUp).toBeGreaterThan(objectCount);
    rows.push(rowOf('create', medians(all), 5));
  });

  it('restored by each onto an empty cluster', async () => {
    const { s3, velero: programs, rancher: operatorFolder } = on.server;
    const countIn = async (cluster: Cluster): Promise<number> => {
      const { stdout } = await cluster.kubectl(['get', 'configmaps,secrets,widgets', '-A', '-o', 'name']);
      return stdout.trim().split('\n').length;
    };
    const onNew = async (work: (cluster: Cluster) => Promise<number>): Promise<number> => {
      await using cluster = await startCluster({});
      const timeMs = await work(cluster);
      expect(await countIn(cluster)).toBeGreaterThan(0.75 * objectCount);
      return timeMs;
    };
    const ours = await onNew((cluster) =>
      plugin(cluster, 'restore', 'round-0', '--from', s3.location('ours'), '--to-other-cluster', '--yes'),
    );
    told('restore', { ours });
    const rancher = await onNew(async (cluster) => {
      await using operator = await startRancherOperator(operatorFolder, { cluster, s3, folder: 'rancher' });
      return await timed(() => operator.restore(archive));
    });
    told('restore', { rancher });
    const velero = await onNew(async (cluster) => {
      await using server = await startVelero(programs, { cluster, s3, prefix: 'velero' });
      const { status, said, tookMs } = await server.restore('round-0');
      expect(status?.phase, said).toBe('Completed');
      return tookMs;
    });
    rows.push(rowOf('restore', { ours, velero, rancher }, 3));
  });
});

/** Says times as they come: the whole takes long. */
function told<T extends Partial<Times>>(what: string, times: T): T {
  const each = Object.entries(times).map(([who, timeMs]) => `${who} ${formatMs(timeMs)}`);
  process.stderr.write(`  ${what}: ${each.join(', ')}\n`);
  return times;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function medians(all: readonly Times[]): Times {
  const of = (who: keyof Times): number => median(all.map((times) => times[who]));
  return { ours: of('ours'), velero: of('velero'), rancher: of('rancher') };
}

function rowOf(what: string, { ours, velero, rancher }: Times, least: number): BenchmarkRow {
  const ratio = Math.min(velero, rancher) / ours;
  return {
    what: `${what} of ${objectCount.toLocaleString('en')} objects`,
    measured: formatMs(ours),
    baseline: `Velero, ${formatMs(velero)}; Rancher's operator, ${formatMs(rancher)}`,
    ratio: `${ratio.toFixed(1)}x faster than the better`,
    bar: `>= ${least}x`,
    holds: ratio >= least,
  };
}
