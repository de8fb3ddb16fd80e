import { createServer, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { typeName, type ResourceType } from '@infrabackup/core';
import { connectCluster } from '@infrabackup/kube';
import { expect, it } from 'vitest';
import { defaultVersion, oldestVersion } from '../cluster/binaries.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { applySituation } from '../fixtures/apply-fixtures.ts';
import { connectAs } from '../support/connect.ts';

/** The lines of `kubectl api-resources`, which asks the same server by a client that shares nothing with ours. */
async function kubectlTypes(cluster: Cluster): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['api-resources', '-o', 'wide', '--cached=false']);
  const [head = '', ...lines] = stdout.trimEnd().split('\n');
  const columns = [...head.matchAll(/\S+\s*/g)].map(({ index, 0: text }) => [index, index + text.length] as const);
  const cells = lines.map((line) =>
    columns.map(([from, to], i) => line.slice(from, i === columns.length - 1 ? undefined : to).trim()),
  );
  return cells.map((row) => row.join(' | ')).sort();
}

function asKubectl(type: ResourceType): string {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const lists = [type.verbs, type.categories].map((list) => list.join(','));
  return [type.plural, type.shortNames.join(','), apiVersion, String(type.namespaced), type.kind, ...lists].join(' | ');
}

/** Lets every request through but the wish for aggregated discovery, as a server before 1.27 reads it. */
async function startAgingProxy(cluster: Cluster): Promise<Server & { readonly url: string }> {
  const { certificatePem: cert, keyPem: key } = cluster.clusterAdmin;
  const server = createServer((request, response) => {
    const headers = { accept: 'application/json' };
    httpsRequest(cluster.serverUrl + request.url!, { ca: cluster.caPem, cert, key, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

for (const version of [defaultVersion, oldestVersion]) {
  await describeOnCluster('discovery', { version, fixtures: true }, (on) => {
    it('finds the types that kubectl finds, in the same versions, with the same verbs', async () => {
      const { types, failures } = await connectCluster(await connectAs(on.cluster.clusterAdmin)).discover();
      expect(failures).toEqual([]);
      expect(types.map(asKubectl).sort()).toEqual(await kubectlTypes(on.cluster));
      expect(types.map(typeName)).toEqual(types.map(typeName).sort());
      expect(types.find((type) => typeName(type) === 'horizontalpodautoscalers.autoscaling')).toMatchObject({
        version: 'v2',
        servedVersions: ['v2', 'v1'],
        subresources: ['status'],
      });
    });

    it('finds the same when the server only knows the way of old', async () => {
      const server = await startAgingProxy(on.cluster);
      const direct = await connectCluster(await connectAs(on.cluster.clusterAdmin)).discover();
      const aged = connectCluster(await connectAs(on.cluster.clusterAdmin, { server: server.url }));
      const sorted = ({ subresources, ...type }: ResourceType) => ({ ...type, subresources: subresources.toSorted() });
      expect((await aged.discover()).types.map(sorted)).toEqual(direct.types.map(sorted));
      server.close();
    });

    it('names a group whose back end is away, and finds all others', async () => {
      const cluster = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const before = (await cluster.discover()).types.map(typeName);
      await applySituation(on.cluster, 'broken-aggregated-api');
      await expect
        .poll(async () => (await cluster.discover()).failures, { timeout: 30_000 })
        .toEqual([{ groupVersion: 'metrics.example.com/v1beta1', message: expect.any(String) as unknown }]);
      expect((await cluster.discover()).types.map(typeName)).toEqual(before);

      const server = await startAgingProxy(on.cluster);
      const aged = connectCluster(await connectAs(on.cluster.clusterAdmin, { server: server.url, random: () => -1 }));
      expect((await aged.discover()).failures.map(({ groupVersion }) => groupVersion)).toEqual([
        'metrics.example.com/v1beta1',
      ]);
      server.close();
    });
  });
}
