import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import type { User } from '../cluster/user.ts';
import { startGeneratedCluster, type GeneratedClusterOptions } from '../fixtures/generated-cluster.ts';
import { startSlowWire } from '../support/network-doubles.ts';
import { launcher } from '../support/plugin.ts';
import { formatMegabytes, formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { measureInTurn, measureOnce, median, type Command } from './measure.ts';

const concurrency = 4;
const chunkSize = 500;
const delayMs = 20;

/** The types that the generator makes. */
const paths = [
  '/api/v1/configmaps',
  '/apis/generated.example.com/v1/widgets',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/api/v1/secrets',
  '/api/v1/serviceaccounts',
];
const types = 'configmaps,widgets.generated.example.com,rolebindings,roles,secrets,serviceaccounts';

/** How fast and how big `create` is, beside a client that only reads the same lists, and beside kubectl. */
export const create: Benchmark = {
  name: 'create',
  title: '`create` of 50,000 objects (0.5 to 20 kB), and its memory',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      const rows: BenchmarkRow[] = [];
      let peakBytes = 0;
      await withCluster({ count: 50_000 }, async (cluster) => {
        const speed = await speedRows(cluster, folder, say);
        rows.push(...speed.rows);
        peakBytes = speed.peakBytes;
      });
      const measurePeak = async (cluster: Cluster): Promise<number> =>
        (await measureOnce(createCommand(folder, cluster.clusterAdmin, cluster.serverUrl))).peakBytes;
      await withCluster({ count: 200_000, small: true }, async (cluster) => {
        rows.push(memoryRow('200,000 small objects', await measurePeak(cluster), peakBytes, 1.1));
      });
      await withCluster({ count: 0, largeConfigMaps: 500 }, async (cluster) => {
        rows.push(memoryRow('500 ConfigMaps of 1 MiB', await measurePeak(cluster), peakBytes));
      });
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function withCluster(options: GeneratedClusterOptions, use: (cluster: Cluster) => Promise<void>): Promise<void> {
  await using cluster = await startGeneratedCluster(options);
  await use(cluster);
}

async function speedRows(
  cluster: Cluster,
  folder: string,
  say: (text: string) => void,
): Promise<{ rows: readonly BenchmarkRow[]; peakBytes: number }> {
  const user = cluster.clusterAdmin;
  say('create beside a raw reader of the same lists');
  const raw = rawCommand(await writeAccess(folder, 'near', cluster.serverUrl, cluster, user));
  const ours = createCommand(folder, user, cluster.serverUrl);
  const [createRuns, rawRuns] = await measureInTurn([ours, raw], 5);
  const createMs = median(createRuns!.map(({ wallMs }) => wallMs));
  const rawMs = median(rawRuns!.map(({ wallMs }) => wallMs));
  const peakBytes = Math.max(...createRuns!.map((run) => run.peakBytes));

  say('kubectl get -o json of the same types');
  const kubectl = await measureOnce({
    name: 'kubectl get',
    args: [cluster.kubectlPath, 'get', types, '-A', '-o', 'json', '--kubeconfig', user.kubeconfigPath],
  });

  say(`both through a wire that holds every request back for ${delayMs} ms`);
  await using wire = await startSlowWire(cluster.serverUrl, delayMs);
  const far = `https://127.0.0.1:${wire.port}`;
  const farRaw = rawCommand(await writeAccess(folder, 'far', far, cluster, user));
  const [farCreateRuns, farRawRuns] = await measureInTurn([createCommand(folder, user, far), farRaw], 3);
  const farCreateMs = median(farCreateRuns!.map(({ wallMs }) => wallMs));
  const farRawMs = median(farRawRuns!.map(({ wallMs }) => wallMs));

  const ratio = createMs / rawMs;
  const farRatio = farCreateMs / farRawMs;
  const rows: BenchmarkRow[] = [
    {
      what: 'create',
      measured: formatMs(createMs),
      baseline: `raw reads of the same lists, ${formatMs(rawMs)}`,
      ratio: `${ratio.toFixed(2)}x`,
      bar: '<= 1.6x',
      holds: ratio <= 1.6,
    },
    {
      what: `create, the API server ${delayMs} ms away`,
      measured: formatMs(farCreateMs),
      baseline: `raw reads, as far away, ${formatMs(farRawMs)}`,
      ratio: `${farRatio.toFixed(2)}x`,
      bar: '<= 1.15x',
      holds: farRatio <= 1.15,
    },
    {
      what: 'create',
      measured: formatMs(createMs),
      baseline: `kubectl get -o json, ${formatMs(kubectl.wallMs)} and ${formatMegabytes(kubectl.peakBytes)}`,
      ratio: `${(kubectl.wallMs / createMs).toFixed(1)}x faster`,
      bar: '>= 10x',
      holds: kubectl.wallMs / createMs >= 10,
    },
    {
      what: 'peak memory of create',
      measured: formatMegabytes(peakBytes),
      baseline: '-',
      ratio: '-',
      bar: '< 200 MB',
      holds: peakBytes < 200e6,
    },
  ];
  return { rows, peakBytes };
}

function memoryRow(of: string, peakBytes: number, beside: number, mostRatio = Infinity): BenchmarkRow {
  const ratio = peakBytes / beside;
  return {
    what: `peak memory of create, ${of}`,
    measured: formatMegabytes(peakBytes),
    baseline: `the 50,000 objects above, ${formatMegabytes(beside)}`,
    ratio: `${ratio.toFixed(2)}x`,
    bar: mostRatio === Infinity ? '< 200 MB' : `<= ${mostRatio}x, < 200 MB`,
    holds: peakBytes < 200e6 && ratio <= mostRatio,
  };
}

/** `create` of the generated objects into a new location in the folder, with more flags where they are given. */
export function createCommand(folder: string, user: User, server: string, ...more: readonly string[]): Command {
  const location = join(folder, 'location');
  return {
    name: 'create',
    before: () => rm(location, { recursive: true, force: true }),
    args: [
      ...[process.execPath, launcher, 'create', 'bench', '--to', location, '--include-resources', types],
      ...['--include-cluster-resources=false', '--kubeconfig', user.kubeconfigPath, '--server', server],
      ...['--concurrency', String(concurrency), '--chunk-size', String(chunkSize), ...more],
    ],
  };
}

function rawCommand(accessFile: string): Command {
  const program = join(import.meta.dirname, 'raw-reader.ts');
  return {
    name: 'raw reader',
    args: [process.execPath, program, accessFile, String(chunkSize), String(concurrency), ...paths],
  };
}

async function writeAccess(
  folder: string,
  name: string,
  server: string,
  cluster: Cluster,
  user: User,
): Promise<string> {
  const file = join(folder, `${name}.json`);
  const access = { server, ca: cluster.caPem, cert: user.certificatePem, key: user.keyPem };
  await writeFile(file, JSON.stringify(access), { mode: 0o600 });
  return file;
}
