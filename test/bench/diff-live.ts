import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { generateObject } from '../fixtures/generate.ts';
import { startGeneratedCluster } from '../fixtures/generated-cluster.ts';
import { formatMs, type Benchmark, type BenchmarkRow } from './benchmark.ts';
import { measureInTurn, measureOnce, median, type Command } from './measure.ts';
import { pluginCommand } from './plugin-command.ts';

const objectCount = 10_000;

const scenarios = [
  { what: '1% changed', every: 100, bar: 50 },
  { what: 'all changed', every: 1, bar: 6 },
] as const;

/** How fast a backup is held against the live cluster, beside kubectl's server-side diff of the same manifests. */
export const diffLive: Benchmark = {
  name: 'diff-live',
  title: `\`diff\` of a backup of ${objectCount.toLocaleString('en')} objects against the live cluster`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      await using cluster = await startGeneratedCluster({ count: objectCount, managers: 'one' });
      await measureOnce(pluginCommand(folder, cluster, 'create', 'bench', '--to', join(folder, 'location')));
      await writeManifests(folder);
      const rows: BenchmarkRow[] = [];
      for (const { what, every, bar } of scenarios) {
        say(`${what}: writing the changes`);
        await change(cluster, every);
        say(`${what}: diff`);
        const [runs] = await measureInTurn(
          [{ ...pluginCommand(folder, cluster, 'diff', 'bench', '--from', join(folder, 'location')), exitCode: 1 }],
          3,
        );
        say(`${what}: kubectl diff --server-side`);
        const theirs = await measureOnce(kubectl(folder, cluster));
        const oursMs = median(runs!.map(({ wallMs }) => wallMs));
        const ratio = theirs.wallMs / oursMs;
        rows.push({
          what: `diff against live, ${what}`,
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
  },
};

/** The objects of the backup as somebody would keep them in a file. */
async function writeManifests(folder: string): Promise<void> {
  const items = Array.from({ length: objectCount }, (_, index) => {
    const { type, body } = generateObject(1, index, false, 'one');
    return { ...kinds[type], ...body };
  });
  await writeFile(join(folder, 'manifests.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

const kinds = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  secrets: { apiVersion: 'v1', kind: 'Secret' },
  serviceaccounts: { apiVersion: 'v1', kind: 'ServiceAccount' },
  'roles.rbac.authorization.k8s.io': { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  'rolebindings.rbac.authorization.k8s.io': { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  'widgets.generated.example.com': { apiVersion: 'generated.example.com/v1', kind: 'Widget' },
} as const;

/** Writes another value to a label that the backup has, in every so many-th object. */
async function change(cluster: Cluster, every: number): Promise<void> {
  const api = cluster.client(cluster.admin, 16);
  const indexes = Array.from({ length: Math.ceil(objectCount / every) }, (_, i) => i * every).values();
  const patch = { metadata: { labels: { 'app.kubernetes.io/name': `changed-${every}` } } };
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const index of indexes) {
        const { path, body } = generateObject(1, index, false, 'one');
        const address = `${path}/${body.metadata.name}`;
        const { status, body: answer } = await api.request('PATCH', address, patch, 'application/merge-patch+json');
        if (status !== 200) throw new Error(`PATCH ${address} answered ${status}: ${answer}`);
      }
    }),
  );
  api.close();
}

function kubectl(folder: string, cluster: Cluster): Command {
  const flags = ['--server-side', '--force-conflicts', '-f', join(folder, 'manifests.json')];
  return {
    name: 'kubectl diff',
    args: [cluster.kubectlPath, 'diff', ...flags, '--kubeconfig', cluster.clusterAdmin.kubeconfigPath],
    exitCode: 1,
  };
}
