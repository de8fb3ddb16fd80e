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
import { onProcessorsApart } from './processors.ts';

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
      const { peakBytes, ...shared } = await withCluster({ count: 50_000 }, (cluster) =>
        rowsOnSharedProcessors(cluster, folder, say),
      );
      const farApart = await onProcessorsApart((prefix) =>
        withCluster({ count: 50_000 }, (cluster) => farRow(cluster, folder, say, 'on processors of its own', prefix)),
      );
      const measurePeak = async (cluster: Cluster): Promise<number> =>
        (await measureOnce(createCommand(folder, cluster.clusterAdmin, cluster.serverUrl))).peakBytes;
      const manyBytes = await withCluster({ count: 200_000, small: true }, measurePeak);
      const largeBytes = await withCluster({ count: 0, largeConfigMaps: 500 }, measurePeak);
      return [
        shared.besideRaw,
        farApart,
        // One that is far away leaves the processors to us, where this one takes more than half of them: no bar.
        { ...shared.far, bar: '-', holds: true },
        shared.besideKubectl,
        memoryRow('peak memory of create', peakBytes),
        memoryRow('peak memory of create, 200,000 small objects', manyBytes, peakBytes, 1.1),
        memoryRow('peak memory of create, 500 ConfigMaps of 1 MiB', largeBytes, peakBytes),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function withCluster<T>(options: GeneratedClusterOptions, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  await using cluster = await startGeneratedCluster(options);
  return await use(cluster);
}

interface SharedRows {
  readonly besideRaw: BenchmarkRow;
  readonly far: BenchmarkRow;
  readonly besideKubectl: BenchmarkRow;
  readonly peakBytes: number;
}

/** What there is to say of `create` where the API server runs on the same processors. */
async function rowsOnSharedProcessors(
  cluster: Cluster,
  folder: string,
  say: (text: string) => void,
): Promise<SharedRows> {
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

  const far = await farRow(cluster, folder, say, 'on the same processors', []);
  const ratio = createMs / rawMs;
  return {
    besideRaw: {
      what: 'create',
      measured: formatMs(createMs),
      baseline: `raw reads of the same lists, ${formatMs(rawMs)}`,
      ratio: `${ratio.toFixed(2)}x`,
      bar: '<= 1.6x',
      holds: ratio <= 1.6,
    },
    far,
    besideKubectl: {
      what: 'create',
      measured: formatMs(createMs),
      baseline: `kubectl get -o json, ${formatMs(kubectl.wallMs)} and ${formatMegabytes(kubectl.peakBytes)}`,
      ratio: `${(kubectl.wallMs / createMs).toFixed(1)}x faster`,
      bar: '>= 10x',
      holds: kubectl.wallMs / createMs >= 10,
    },
    peakBytes,
  };
}

/** `create` beside a raw reader, through a wire that makes the API server far away; both are begun with the prefix. */
async function farRow(
  cluster: Cluster,
  folder: string,
  say: (text: string) => void,
  where: string,
  prefix: readonly string[],
): Promise<BenchmarkRow> {
  say(`both through a wire that holds every request back for ${delayMs} ms, the API server ${where}`);
  const user = cluster.clusterAdmin;
  await using wire = await startSlowWire(cluster.serverUrl, delayMs);
  const far = `https://127.0.0.1:${wire.port}`;
  const raw = rawCommand(await writeAccess(folder, 'far', far, cluster, user));
  const commands = [createCommand(folder, user, far), raw];
  const [createRuns, rawRuns] = await measureInTurn(
    commands.map((command) => ({ ...command, args: [...prefix, ...command.args] })),
    5,
  );
  const createMs = median(createRuns!.map(({ wallMs }) => wallMs));
  const rawMs = median(rawRuns!.map(({ wallMs }) => wallMs));
  const ratio = createMs / rawMs;
  return {
    what: `create, the API server ${delayMs} ms away, ${where}`,
    measured: formatMs(createMs),
    baseline: `raw reads, as far away, ${formatMs(rawMs)}`,
    ratio: `${ratio.toFixed(2)}x`,
    bar: '<= 1.15x',
    holds: ratio <= 1.15,
  };
}

/** A peak, beside that of the 50,000 objects where it is of others. */
function memoryRow(what: string, peakBytes: number, besideBytes?: number, mostRatio = Infinity): BenchmarkRow {
  const ratio = besideBytes === undefined ? 0 : peakBytes / besideBytes;
  return {
    what,
    measured: formatMegabytes(peakBytes),
    baseline: besideBytes === undefined ? '-' : `the 50,000 objects above, ${formatMegabytes(besideBytes)}`,
    ratio: besideBytes === undefined ? '-' : `${ratio.toFixed(2)}x`,
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
