import type { ResourceType } from '@infrabackup/core';
import { describe, expect, test } from 'vitest';
import { loadConnection } from '../connection/load-connection.ts';
import { optionsFor, sendJson, sendStatus, serve, type FaultServer } from '../fault-server.ts';
import { connectCluster } from './connect-cluster.ts';

const type = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' } as ResourceType;
const connect = async (server: FaultServer) => connectCluster(await loadConnection(optionsFor(server.url)));
const items = (count: number): object[] => Array.from({ length: count }, () => ({}));

describe('who the cluster is', () => {
  test.each([
    ['has a uid where kube-system may be read', 200, 'u-1'],
    ['has none where it may not', 403, undefined],
    ['has none where there is no such namespace', 404, undefined],
  ])('%s', async (_, statusCode, uid) => {
    await using server = await serve((request, response) => {
      if (request.url === '/version') sendJson(response, 200, { gitVersion: 'v1.36.3' });
      else if (statusCode === 200) sendJson(response, 200, { metadata: { name: 'kube-system', uid: 'u-1' } });
      else sendStatus(response, statusCode, statusCode === 403 ? 'Forbidden' : 'NotFound', 'no');
    });
    expect(await (await connect(server)).identity()).toEqual({
      version: 'v1.36.3',
      server: server.url,
      ...(uid && { uid }),
    });
  });
});

describe('how many there are', () => {
  test('takes one small request where the server tells how many remain', async () => {
    await using server = await serve((_, response) =>
      sendJson(response, 200, { metadata: { continue: 't', remainingItemCount: 9_999 }, items: items(1) }),
    );
    expect(await (await connect(server)).count({ type })).toBe(10_000);
    expect(server.asked).toEqual(['GET /apis/apps/v1/deployments?limit=1']);
  });

  test('takes pages of metadata where a selector hides it', async () => {
    await using server = await serve((request, response, turn) => {
      expect(request.headers.accept).toContain('PartialObjectMetadataList');
      const pages = [items(1), items(5_000), items(17)];
      sendJson(response, 200, { metadata: turn < 2 ? { continue: `t${turn}` } : {}, items: pages[turn] });
    });
    expect(await (await connect(server)).count({ type, labelSelector: 'a=b', namespace: 'ns' })).toBe(5_018);
    const where = 'GET /apis/apps/v1/namespaces/ns/deployments';
    expect(server.asked).toEqual([
      `${where}?limit=1&labelSelector=a%3Db`,
      `${where}?limit=5000&labelSelector=a%3Db&continue=t0`,
      `${where}?limit=5000&labelSelector=a%3Db&continue=t1`,
    ]);
  });

  test.each([
    ['none', null, 0],
    ['one', items(1), 1],
  ])('is known at once when there is %s', async (_, list, count) => {
    await using server = await serve((_request, response) => sendJson(response, 200, { metadata: {}, items: list }));
    expect(await (await connect(server)).count({ type })).toBe(count);
  });
});

test.each([
  ['12', '12'],
  ['', undefined],
  [undefined, undefined],
])('the newest revision of a list that says %j is %j', async (resourceVersion, expected) => {
  await using server = await serve((_, response) =>
    sendJson(response, 200, { metadata: { resourceVersion }, items: [] }),
  );
  expect(await (await connect(server)).currentRevision({ type })).toBe(expected);
});

describe('one object', () => {
  test('is found by a name of any legal spelling', async () => {
    await using server = await serve((_, response) => sendJson(response, 200, { kind: 'Deployment' }));
    const cluster = await connect(server);
    expect(await cluster.get(type, 'ns', 'system:node')).toEqual({ kind: 'Deployment' });
    expect(server.asked).toEqual(['GET /apis/apps/v1/namespaces/ns/deployments/system%3Anode']);
  });

  test('that does not exist is undefined; a type that is not served is an error', async () => {
    await using server = await serve((_, response, turn) => {
      if (turn === 0)
        sendStatus(response, 404, 'NotFound', 'deployments.apps "x" not found', { details: { name: 'x' } });
      else response.writeHead(404).end('404 page not found\n');
    });
    const cluster = await connect(server);
    expect(await cluster.get(type, 'ns', 'x')).toBeUndefined();
    await expect(cluster.get(type, 'ns', 'x')).rejects.toMatchObject({ code: 'CLUSTER_ERROR' });
  });
});
