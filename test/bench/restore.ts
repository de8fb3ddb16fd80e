import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { generateObject, prepareForGenerated, type ObjectManagers } from '../fixtures/generate.ts';
import { startGeneratedCluster } from '../fixtures/generated-cluster.ts';
import { formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { measureOnce, median, type Run } from './measure.ts';
import { pluginCommand } from './plugin-command.ts';

const objectCount = 10_000;
const rounds = 3;
/** As many as a restore ever has under way. */
const concurrency = 32;

const bars: readonly { readonly managers: ObjectManagers; readonly what: string; readonly leastRate: number }[] = [
  { managers: 'one', what: 'objects that one manager owned', leastRate: 0.8 },
  { managers: 'two', what: 'objects that two managers owned, two writes each', leastRate: 0.45 },
];

/** How fast a restore writes, beside a client that only creates the same objects. Each run has a new cluster. */
export const restore: Benchmark = {
  name: 'restore',
  title: `\`restore\` of ${objectCount.toLocaleString('en')} objects onto an empty cluster`,
  async run(say) {
    const rows: BenchmarkRow[] = [];
    for (const { managers, what, leastRate } of bars) {
      const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
      try {
        say(`a backup of ${what}`);
        await backUp(folder, managers);
        say('restore beside a client that creates the same objects');
        const [restored, created] = await measureOnNewClusters(folder);
        const rate = median(created.map(({ wallMs }) => wallMs)) / median(restored.map(({ wallMs }) => wallMs));
        rows.push({
          what: `restore, ${what}`,
          measured: rateOf(restored),
          baseline: `creating them in one request each, ${rateOf(created)}`,
          ratio: `${Math.round(100 * rate)}% of the rate`,
          bar: `>= ${Math.round(100 * leastRate)}%`,
          holds: rate >= leastRate,
        });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return rows;
  },
};

/** The backup, and the same objects as the baseline takes them. */
async function backUp(folder: string, managers: ObjectManagers): Promise<void> {
  await using cluster = await startGeneratedCluster({ count: objectCount, managers });
  await measureOnce(
    pluginCommand(folder, cluster.clusterAdmin.kubeconfigPath, 'create', 'bench', '--to', join(folder, 'location')),
  );
  const lines = Array.from({ length: objectCount }, (_, index) => {
    const { path, body, manager } = generateObject(1, index, false, managers);
    return `${JSON.stringify([`${path}?fieldManager=${manager}`, body])}\n`;
  });
  await writeFile(join(folder, 'objects.jsonl'), lines.join(''));
}

async function measureOnNewClusters(folder: string): Promise<readonly [restored: Run[], created: Run[]]> {
  const restored: Run[] = [];
  const created: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    restored.push(await onNewCluster((cluster) => measureOnce(restoring(folder, cluster))));
    created.push(
      await onNewCluster(async (cluster) => {
        const api = cluster.client(cluster.admin);
        await prepareForGenerated(api);
        api.close();
        return await measureOnce(await creating(folder, cluster));
      }),
    );
  }
  return [restored, created];
}

async function onNewCluster(use: (cluster: Cluster) => Promise<Run>): Promise<Run> {
  await using cluster = await startCluster({});
  return await use(cluster);
}

function restoring(folder: string, cluster: Cluster) {
  const flags = ['--from', join(folder, 'location'), '--to-other-cluster', '--yes'];
  return pluginCommand(folder, cluster.clusterAdmin.kubeconfigPath, 'restore', 'bench', ...flags);
}

async function creating(folder: string, cluster: Cluster) {
  const { certificatePem, keyPem } = cluster.clusterAdmin;
  const accessFile = join(folder, 'access.json');
  const access = { serverUrl: cluster.serverUrl, caPem: cluster.caPem, certificatePem, keyPem };
  await writeFile(accessFile, JSON.stringify(access), { mode: 0o600 });
  const program = join(import.meta.dirname, 'raw-writer.ts');
  const args = [process.execPath, program, accessFile, String(concurrency), join(folder, 'objects.jsonl')];
  return { name: 'raw writer', args };
}

function rateOf(runs: readonly Run[]): string {
  const wallMs = median(runs.map((run) => run.wallMs));
  return `${formatMs(wallMs)}, ${Math.round((1_000 * objectCount) / wallMs).toLocaleString('en')} a second`;
}
