import { typeName, type ResourceType } from '@infrabackup/core';
import { describe, expect, test } from 'vitest';
import { loadConnection } from '../connection/load-connection.ts';
import { optionsFor, sendJson, sendStatus, serve, type FaultServer } from '../fault-server.ts';
import { discover } from './discovery.ts';

const connect = (server: FaultServer) => loadConnection(optionsFor(server.url, { random: () => -1 }));
const shown = (types: readonly ResourceType[]) =>
  types.map((type) => `${typeName(type)} ${type.version} of ${type.servedVersions.join(',')}`);

const verbs = ['get', 'list'];
const resource = (plural: string, kind: string, more: object = {}) => ({
  resource: plural,
  responseKind: { group: '', version: '', kind },
  scope: 'Namespaced',
  singularResource: kind.toLowerCase(),
  verbs,
  ...more,
});

describe('aggregated discovery', () => {
  const aggregated = (items: unknown) => ({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    items,
  });

  test('takes two requests, and makes one type of all its versions, the preferred first', async () => {
    await using server = await serve((request, response) => {
      expect(request.headers.accept).toBe(
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
          'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json',
      );
      const core = [{ metadata: {}, versions: [{ version: 'v1', resources: [resource('pods', 'Pod')] }] }];
      const others = [
        {
          metadata: { name: 'autoscaling' },
          versions: [
            { version: 'v2', freshness: 'Current', resources: [resource('hpas', 'Hpa')] },
            { version: 'v1', freshness: 'Current', resources: [resource('hpas', 'Hpa'), resource('olds', 'Old')] },
          ],
        },
      ];
      sendJson(response, 200, aggregated(request.url === '/api' ? core : others));
    });
    const { types, failures } = await discover(await connect(server), undefined);
    expect(shown(types)).toEqual(['hpas.autoscaling v2 of v2,v1', 'olds.autoscaling v1 of v1', 'pods v1 of v1']);
    expect(failures).toEqual([]);
    expect(server.asked.toSorted()).toEqual(['GET /api', 'GET /apis']);
  });

  test('folds subresources in and leaves out what is no resource by itself', async () => {
    await using server = await serve((request, response) =>
      sendJson(
        response,
        200,
        aggregated(
          request.url === '/api'
            ? [
                {
                  versions: [
                    {
                      version: 'v1',
                      resources: [
                        resource('nodes', 'Node', {
                          scope: 'Cluster',
                          shortNames: ['no'],
                          categories: ['all'],
                          subresources: [{ subresource: 'status', verbs }, { subresource: 'proxy' }],
                        }),
                        { resource: 'tokens', subresources: [{ subresource: 'request' }] },
                      ],
                    },
                  ],
                },
              ]
            : [],
        ),
      ),
    );
    expect((await discover(await connect(server), undefined)).types).toEqual([
      {
        group: '',
        version: 'v1',
        kind: 'Node',
        plural: 'nodes',
        singular: 'node',
        shortNames: ['no'],
        categories: ['all'],
        namespaced: false,
        verbs,
        subresources: ['status', 'proxy'],
        servedVersions: ['v1'],
      },
    ]);
  });

  test('names what is stale instead of trusting what it last said', async () => {
    await using server = await serve((request, response) =>
      sendJson(
        response,
        200,
        aggregated(
          request.url === '/api'
            ? []
            : [
                {
                  metadata: { name: 'metrics.k8s.io' },
                  versions: [
                    { version: 'v1beta1', freshness: 'Stale', resources: [resource('pods', 'PodMetrics')] },
                    { version: 'v1alpha1', freshness: 'Current', resources: [resource('pods', 'PodMetrics')] },
                  ],
                },
              ],
        ),
      ),
    );
    const { types, failures } = await discover(await connect(server), undefined);
    expect(shown(types)).toEqual(['pods.metrics.k8s.io v1alpha1 of v1alpha1']);
    expect(failures).toEqual([
      { groupVersion: 'metrics.k8s.io/v1beta1', message: expect.stringContaining('cannot reach') as unknown },
    ]);
  });
});

describe('discovery of old', () => {
  const old: Record<string, unknown> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        {
          name: 'batch',
          versions: [{ version: 'v1beta1' }, { version: 'v1' }],
          preferredVersion: { version: 'v1' },
        },
        { name: 'metrics.k8s.io', versions: [{ version: 'v1beta1' }], preferredVersion: { version: 'v1beta1' } },
      ],
    },
    '/api/v1': {
      resources: [
        {
          name: 'pods',
          singularName: '',
          namespaced: true,
          kind: 'Pod',
          verbs,
          shortNames: ['po'],
          categories: ['all'],
        },
        { name: 'pods/log', namespaced: true, kind: 'Pod', verbs: ['get'] },
        { name: 'pods/status', namespaced: true, kind: 'Pod', verbs: ['get'] },
      ],
    },
    '/apis/batch/v1': { resources: [{ name: 'jobs', namespaced: true, kind: 'Job', verbs }] },
    '/apis/batch/v1beta1': {
      resources: [
        { name: 'jobs', namespaced: true, kind: 'Job', verbs },
        { name: 'cronjobs', namespaced: true, kind: 'CronJob', verbs },
      ],
    },
  };

  test('gives the same, and a group whose back end is away hides no other', async () => {
    await using server = await serve((request, response) => {
      const body = old[request.url!];
      if (body === undefined) sendStatus(response, 503, 'ServiceUnavailable', 'service unavailable');
      else sendJson(response, 200, body);
    });
    const { types, failures } = await discover(await connect(server), undefined);
    expect(shown(types)).toEqual(['cronjobs.batch v1beta1 of v1beta1', 'jobs.batch v1 of v1,v1beta1', 'pods v1 of v1']);
    expect(types[2]).toEqual({
      group: '',
      version: 'v1',
      kind: 'Pod',
      plural: 'pods',
      singular: 'pod',
      shortNames: ['po'],
      categories: ['all'],
      namespaced: true,
      verbs,
      subresources: ['log', 'status'],
      servedVersions: ['v1'],
    });
    expect(failures).toEqual([
      { groupVersion: 'metrics.k8s.io/v1beta1', message: expect.stringContaining('service unavailable') as unknown },
    ]);
  });
});

test('what is no discovery is refused', async () => {
  await using server = await serve((_, response) => sendJson(response, 200, { kind: 'Login' }));
  await expect(discover(await connect(server), undefined)).rejects.toMatchObject({
    code: 'CLUSTER_PROTOCOL',
    message: expect.stringMatching(/\/apis? with Login: no discovery$/) as unknown,
  });
});
