import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { createBackup, planBackup, type BackupSummary, type Selection } from '@infrabackup/core';
import { connectCluster, loadConnection } from '@infrabackup/kube';
import { backupWriter, openDiskSpool, openFileStore } from '@infrabackup/storage';
import type { Cluster } from '../cluster/cluster.ts';

const clock = { now: () => Date.now() };

/** The value in the shop's Secret: it must show up nowhere. */
export const password = 'hunter2-and-more';

/** Selects the shop. */
export const shopSelection: Selection = { rules: [{ includeNamespaces: ['shop'] }] };

/** A namespace as small teams have it. */
export async function openShop(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['create', 'namespace', 'shop']);
  await apply(cluster, [
    configMap('web', { colour: 'blue', greeting: 'hello' }),
    configMap('worker', { queue: 'orders' }),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token', namespace: 'shop' },
      stringData: { password },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [{ name: 'web', image: 'registry.example.com/web:1.4.2', ports: [{ containerPort: 8080 }] }],
          },
        },
      },
    },
  ]);
}

/** What happens to the shop after its backup: one object changes, one goes, one comes. */
export async function changeShop(cluster: Cluster): Promise<void> {
  await apply(cluster, [configMap('web', { colour: 'red', greeting: 'hello' }), configMap('newcomer', {})]);
  await cluster.kubectl(['delete', 'configmap', 'worker', '--namespace', 'shop']);
}

/** A value of a ConfigMap in the shop; empty when it is not there. */
export async function readShop(cluster: Cluster, name: string, key: string): Promise<string> {
  const path = `jsonpath={.data.${key}}`;
  const flags = ['--namespace', 'shop', '--ignore-not-found', '--output', path];
  return (await cluster.kubectl(['get', 'configmap', name, ...flags])).stdout;
}

/** Applies manifests on the server's side. */
async function apply(cluster: Cluster, items: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', '-'], { input });
}

/** A ConfigMap of the shop, or of another namespace. */
function configMap(name: string, data: Readonly<Record<string, string>>, namespace = 'shop'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** Backs up into the place where the extension looks when its user data lies in `dataHome`. */
export async function backUp(
  cluster: Cluster,
  dataHome: string,
  name: string,
  selection: Selection,
): Promise<BackupSummary> {
  const env = { KUBECONFIG: cluster.clusterAdmin.kubeconfigPath };
  const reader = connectCluster(await loadConnection({ env, clock, random: Math.random }));
  return createBackup(await planBackup(reader, selection), {
    reader,
    store: openFileStore(join(dataHome, 'infrabackup')),
    name,
    tool: 'infrabackup test',
    openSpool: () => openDiskSpool(tmpdir()),
    writer: backupWriter(clock),
  });
}

/** A namespace of so many ConfigMaps. */
export async function openBulk(cluster: Cluster, namespace: string, count: number): Promise<void> {
  await cluster.kubectl(['create', 'namespace', namespace]);
  const names = Array.from({ length: count }, (_, i) => `item-${String(i).padStart(4, '0')}`);
  const api = cluster.client(cluster.admin, 8);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  await Promise.all(names.map((name) => api.request('POST', path, configMap(name, { filler: name }, namespace))));
  api.close();
}

/** Takes everything out of it again. */
export async function emptyBulk(cluster: Cluster, namespace: string): Promise<void> {
  const api = cluster.client();
  await api.request('DELETE', `/api/v1/namespaces/${namespace}/configmaps`);
  api.close();
}
