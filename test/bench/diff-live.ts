import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../cluster/cluster.ts';
import { generateObject } from '../fixtures/generate.ts';
import { startGeneratedCluster } from '../fixtures/generated-cluster.ts';
import { createRandom } from '../fixtures/random.ts';
import { formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { measureInTurn, measureOnce, median, type Command } from './measure.ts';
import { pluginCommand } from './plugin-command.ts';

const objectCount = 10_000;
const writesAtOnce = 16;

/** An object that is written, backed up and changed. */
interface LiveObject {
  /** The path of its collection. */
  readonly path: string;
  readonly manifest: { readonly metadata: { readonly name: string } };
}

interface Workload {
  readonly what: string;
  /** A cluster that holds the objects. */
  readonly start: () => Promise<Cluster>;
  readonly object: (index: number) => LiveObject;
}

const workloads: readonly Workload[] = [
  { what: 'ConfigMaps of 1 kB', start: startWithConfigMaps, object: configMap },
  {
    what: 'objects of 0.5 to 20 kB',
    start: () => startGeneratedCluster({ count: objectCount, managers: 'one' }),
    object: generatedObject,
  },
];

const scenarios = [
  { what: '1% changed', every: 100, bar: 50 },
  { what: 'all changed', every: 1, bar: 6 },
] as const;

/** How fast a backup is held against the live cluster, beside kubectl's server-side diff of the same manifests. */
export const diffLive: Benchmark = {
  name: 'diff-live',
  title: `\`diff\` of a backup of ${objectCount.toLocaleString('en')} objects against the live cluster`,
  async run(say) {
    const rows: BenchmarkRow[] = [];
    for (const workload of workloads) rows.push(...(await measureWorkload(workload, say)));
    return rows;
  },
};

async function measureWorkload(workload: Workload, say: (text: string) => void): Promise<BenchmarkRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
  try {
    await using cluster = await workload.start();
    const kubeconfig = await writeTokenKubeconfig(folder, cluster);
    const location = join(folder, 'location');
    await measureOnce(pluginCommand(folder, kubeconfig, 'create', 'bench', '--to', location));
    await writeManifests(folder, workload);
    const rows: BenchmarkRow[] = [];
    for (const { what, every, bar } of scenarios) {
      const title = `${workload.what}, ${what}`;
      say(`${title}: writing the changes`);
      await change(cluster, workload, every);
      say(`${title}: diff`);
      const ours = { ...pluginCommand(folder, kubeconfig, 'diff', 'bench', '--from', location), exitCode: 1 };
      const [runs] = await measureInTurn([ours], 3);
      say(`${title}: kubectl diff --server-side`);
      const theirs = await measureOnce(kubectl(folder, kubeconfig, cluster));
      const oursMs = median(runs!.map(({ wallMs }) => wallMs));
      const ratio = theirs.wallMs / oursMs;
      rows.push({
        what: `diff against live, ${title}`,
        measured: formatMs(oursMs),
        baseline: `kubectl diff --server-side, ${formatMs(theirs.wallMs)}`,
        ratio: `${ratio.toFixed(ratio < 10 ? 1 : 0)}x faster`,
        bar: `>= ${bar}x`,
        holds: ratio >= bar,
      });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What clusters hold most of. */
function configMap(index: number): LiveObject {
  const namespace = `team-${index % 20}`;
  const manifest = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: `settings-${index}`, namespace, labels: { 'app.kubernetes.io/name': 'shop' } },
    data: { 'settings.yaml': createRandom(index).text(800) },
  };
  return { path: `/api/v1/namespaces/${namespace}/configmaps`, manifest };
}

async function startWithConfigMaps(): Promise<Cluster> {
  const cluster = await startCluster({});
  const api = cluster.client(cluster.admin, writesAtOnce);
  for (let team = 0; team < 20; team++) {
    await api.expect('POST', '/api/v1/namespaces', { metadata: { name: `team-${team}` } });
  }
  await forEach(1, async (index) => {
    const { path, manifest } = configMap(index);
    await api.expect('POST', `${path}?fieldManager=helm`, manifest);
  });
  api.close();
  return cluster;
}

function generatedObject(index: number): LiveObject {
  const { path, type, body } = generateObject(1, index, false, 'one');
  return { path, manifest: { ...kinds[type], ...body } };
}

const kinds = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  secrets: { apiVersion: 'v1', kind: 'Secret' },
  serviceaccounts: { apiVersion: 'v1', kind: 'ServiceAccount' },
  'roles.rbac.authorization.k8s.io': { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  'rolebindings.rbac.authorization.k8s.io': { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  'widgets.generated.example.com': { apiVersion: 'generated.example.com/v1', kind: 'Widget' },
} as const;

/** The objects of the backup as somebody would keep them in a file. */
async function writeManifests(folder: string, { object }: Workload): Promise<void> {
  const items = Array.from({ length: objectCount }, (_, index) => object(index).manifest);
  await writeFile(join(folder, 'manifests.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/** Writes another value to a label that the backup has, in every so many-th object. */
async function change(cluster: Cluster, { object }: Workload, every: number): Promise<void> {
  const api = cluster.client(cluster.admin, writesAtOnce);
  const patch = { metadata: { labels: { 'app.kubernetes.io/name': `changed-${every}` } } };
  await forEach(every, async (index) => {
    const { path, manifest } = object(index);
    const address = `${path}/${manifest.metadata.name}`;
    const { status, body: answer } = await api.request('PATCH', address, patch, 'application/merge-patch+json');
    if (status !== 200) throw new Error(`PATCH ${address} answered ${status}: ${answer}`);
  });
  api.close();
}

async function forEach(every: number, work: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: Math.ceil(objectCount / every) }, (_, i) => i * every).values();
  const some = async (): Promise<void> => {
    for (const index of indexes) await work(index);
  };
  await Promise.all(Array.from({ length: writesAtOnce }, some));
}

/**
 * The kubeconfig of an administrator with a token, as users of most clusters have one. The API server keeps a token that
 * it has checked in mind; the signature of a client certificate it checks at every request, for a fifth of a dry run's time.
 */
async function writeTokenKubeconfig(folder: string, cluster: Cluster): Promise<string> {
  const name = 'bench';
  await cluster.kubectl(['create', 'serviceaccount', name, '-n', 'default']);
  const binding = ['create', 'clusterrolebinding', name, '--clusterrole=cluster-admin'];
  await cluster.kubectl([...binding, `--serviceaccount=default:${name}`]);
  const { stdout: token } = await cluster.kubectl(['create', 'token', name, '-n', 'default', '--duration=8h']);
  const { kubeconfigPath } = cluster.clusterAdmin;
  const kubeconfig = JSON.parse(await readFile(kubeconfigPath, 'utf8')) as { users: { user: object }[] };
  kubeconfig.users[0]!.user = { token: token.trim() };
  const path = join(folder, 'token.kubeconfig');
  await writeFile(path, JSON.stringify(kubeconfig), { mode: 0o600 });
  return path;
}

function kubectl(folder: string, kubeconfig: string, cluster: Cluster): Command {
  const flags = ['--server-side', '--force-conflicts', '-f', join(folder, 'manifests.json')];
  return {
    name: 'kubectl diff',
    args: [cluster.kubectlPath, 'diff', ...flags, '--kubeconfig', kubeconfig],
    exitCode: 1,
  };
}
