import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackup, typeName } from '@infrabackup/core';
import { openFileStore } from '@infrabackup/storage';
import type { Cluster } from '../cluster/cluster.ts';
import { startGeneratedCluster } from '../fixtures/generated-cluster.ts';
import { formatMs, type Benchmark } from './benchmark.ts';
import { createCommand } from './create.ts';
import { measureInTurn, median } from './measure.ts';

/** What it costs to encrypt the Secrets of a backup. */
export const encrypt: Benchmark = {
  name: 'encrypt',
  title: '`create` with the Secrets encrypted (aesgcm)',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'infrabackup-bench-'));
    try {
      await using cluster = await startGeneratedCluster({ count: 50_000 });
      say('delete Secrets until they are a tenth of the bytes');
      await thinSecrets(cluster);
      const keys = join(folder, 'keys.json');
      await writeFile(keys, configuration(), { mode: 0o600 });
      say('create in clear, and with Secrets encrypted');
      const sealed = createCommand(folder, cluster.clusterAdmin, cluster.serverUrl, '--encryption-config', keys);
      const clear = createCommand(folder, cluster.clusterAdmin, cluster.serverUrl);
      const [clearRuns, sealedRuns] = await measureInTurn([clear, sealed], 5);
      // By the processor's time: that is what encryption costs, however busy the machine is with other things.
      const clearMs = median(clearRuns!.map(({ cpuMs }) => cpuMs));
      const sealedMs = median(sealedRuns!.map(({ cpuMs }) => cpuMs));
      const ratio = sealedMs / clearMs;
      return [
        {
          what: `create, Secrets (${await shareOfSecrets(folder)} of the bytes) encrypted`,
          measured: `${formatMs(sealedMs)} of processor time`,
          baseline: `the same in clear, ${formatMs(clearMs)}`,
          ratio: `${ratio.toFixed(2)}x`,
          bar: '< 1.15x',
          holds: ratio < 1.15,
        },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface NamespaceList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

/** Leaves the Secrets of three of the ten apps. */
async function thinSecrets(cluster: Cluster): Promise<void> {
  const api = cluster.client(cluster.admin);
  try {
    const { items } = await api.expect<NamespaceList>('GET', '/api/v1/namespaces');
    const others = 'app.kubernetes.io/name,app.kubernetes.io/name notin (checkout,cart,search)';
    for (const { metadata } of items) {
      const path = `/api/v1/namespaces/${metadata.name}/secrets?labelSelector=${encodeURIComponent(others)}`;
      await api.expect('DELETE', path);
    }
  } finally {
    api.close();
  }
}

function configuration(): string {
  const keys = [{ name: 'bench', secret: Buffer.alloc(32, 'bench').toString('base64') }];
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ aesgcm: { keys } }] }],
  });
}

/** Of the last backup, which is the encrypted one: in base64 they are a third longer than in clear. */
async function shareOfSecrets(folder: string): Promise<string> {
  const { header } = await openBackup(openFileStore(join(folder, 'location')), 'bench');
  const clearBytes = header.types.map((type) => type.sizeBytes * (typeName(type) === 'secrets' ? 3 / 4 : 1));
  const secrets = clearBytes[header.types.findIndex((type) => typeName(type) === 'secrets')] ?? 0;
  return `${Math.round((100 * secrets) / clearBytes.reduce((sum, bytes) => sum + bytes, 0))}%`;
}
