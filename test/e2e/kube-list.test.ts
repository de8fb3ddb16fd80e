import { typeName, type ClusterReader, type ListRequest, type Manifest, type ResourceType } from '@infrabackup/core';
import { connectCluster } from '@infrabackup/kube';
import { expect, it } from 'vitest';
import { defaultVersion, oldestVersion } from '../cluster/binaries.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { connectAs } from '../support/connect.ts';
import { startBreakingWire } from '../support/network-doubles.ts';

interface Listed {
  readonly objects: Manifest[];
  readonly revision: string | undefined;
}

async function listAll(reader: ClusterReader, request: ListRequest): Promise<Listed> {
  const listed = { objects: [] as Manifest[], revision: undefined as string | undefined };
  for await (const { objects, revision } of reader.list(request)) {
    listed.revision ??= revision;
    for (const { bytes } of objects) listed.objects.push(JSON.parse(bytes.toString()) as Manifest);
  }
  return listed;
}

async function findType(reader: ClusterReader, name: string): Promise<ResourceType> {
  return (await reader.discover()).types.find((type) => typeName(type) === name)!;
}

const pathOf = ({ group, version, plural }: ResourceType): string =>
  `${group === '' ? '/api' : `/apis/${group}`}/${version}/${plural}`;

const configMaps = { path: '/api/v1', kind: 'ConfigMap', plural: 'configmaps', name: 'map' };
const widgets = { path: '/apis/example.com/v1', kind: 'Widget', plural: 'widgets', name: 'widget' };

/** Makes objects of a few hundred bytes. */
async function fill(cluster: Cluster, namespace: string, count: number, of = configMaps): Promise<void> {
  const api = cluster.client(cluster.admin, 16);
  await api.expect('POST', '/api/v1/namespaces', { metadata: { name: namespace } }, [201, 409]);
  let made = 0;
  const work = async () => {
    while (made < count) {
      const i = made++;
      const body = {
        apiVersion: of.path.replace(/^\/apis?\//, ''),
        kind: of.kind,
        metadata: { name: `${of.name}-${i}`, labels: { third: String(i % 3) } },
        data: { text: 'x'.repeat(200) },
      };
      await api.expect('POST', `${of.path}/namespaces/${namespace}/${of.plural}`, body);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  api.close();
}

/** Defines {@link widgets}, and waits until they are served. */
async function defineWidgets(cluster: Cluster): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const api = cluster.client();
  await api.expect('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: widgets.kind, plural: widgets.plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  api.close();
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd/widgets.example.com']);
}

for (const version of [defaultVersion, oldestVersion]) {
  await describeOnCluster('a list', { version, fixtures: true }, (on) => {
    it('of each type holds what the server holds, whole, at one revision, in small pages', async () => {
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const api = on.cluster.client();
      const { types } = await reader.discover();
      const namespaces = types.find((type) => typeName(type) === 'namespaces')!;
      const revision = (await reader.currentRevision({ type: namespaces }))!;
      let compared = 0;
      // componentstatuses is the one listable type that does not lie in etcd and so has no revision.
      const listable = types.filter((type) => type.verbs.includes('list') && typeName(type) !== 'componentstatuses');
      for (const type of listable) {
        const listed = await listAll(reader, { type, revision, chunkSize: 3 });
        const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
        const path = `${pathOf(type)}?resourceVersion=${revision}&resourceVersionMatch=Exact`;
        const raw = await api.expect<{ items: Manifest[] }>('GET', path);
        const objects = raw.items.map((item) => ({ ...item, apiVersion, kind: type.kind }));
        expect(listed).toEqual({ revision, objects });
        // Counted now: a cluster that has just started still makes objects of its own.
        const countedRaw = async () => (await api.expect<{ items: unknown[] }>('GET', pathOf(type))).items.length;
        await expect.poll(async () => (await reader.count({ type })) - (await countedRaw())).toBe(0);
        compared += raw.items.length;
      }
      expect(compared).toBeGreaterThan(300);
    });

    it('at a revision does not show what was written, changed or deleted after it', async () => {
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const type = await findType(reader, 'configmaps');
      await fill(on.cluster, 'instant', 20);
      const before = await listAll(reader, { type, namespace: 'instant' });
      await on.cluster.kubectl(['create', 'configmap', 'later', '-n', 'instant']);
      await on.cluster.kubectl(['delete', 'configmap', 'map-3', '-n', 'instant']);
      await on.cluster.kubectl(['label', 'configmap', 'map-4', 'changed=yes', '-n', 'instant']);
      const { revision } = before;
      expect(await listAll(reader, { type, namespace: 'instant', revision, chunkSize: 7 })).toEqual(before);
      expect((await listAll(reader, { type, namespace: 'instant' })).objects).not.toEqual(before.objects);
    });

    it('takes selectors, and so does a count', async () => {
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const type = await findType(reader, 'configmaps');
      await fill(on.cluster, 'selected', 30);
      const request = { type, namespace: 'selected', labelSelector: 'third in (0, 1)' };
      expect((await listAll(reader, { ...request, chunkSize: 4 })).objects.length).toBe(20);
      expect(await reader.count(request)).toBe(20);
      expect(await reader.count({ type, namespace: 'selected', fieldSelector: 'metadata.name=map-7' })).toBe(1);
      expect(await reader.count({ type, namespace: 'no-such' })).toBe(0);
    });

    it('is refused to the user of one namespace outside of it, with the line that shows why', async () => {
      const user = await on.cluster.namespaceUser('mine');
      const reader = connectCluster(await connectAs(user));
      const type = await findType(reader, 'secrets');
      expect((await listAll(reader, { type, namespace: 'mine' })).revision).toMatch(/^\d+$/);
      for (const namespace of [undefined, 'kube-system']) {
        const error = await listAll(reader, { type, namespace }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'CLUSTER_FORBIDDEN' });
        const { hint } = error as { hint: string };
        expect(hint).toMatch(/^kubectl auth can-i list secrets (-A|-n kube-system) --context /);
        const shown = on.cluster.kubectl(hint.split(' ').slice(1), { user });
        await expect(shown).rejects.toMatchObject({ message: expect.stringContaining('no') as unknown });
      }
    });

    it('of one object is that object, or undefined', async () => {
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const type = await findType(reader, 'clusterroles.rbac.authorization.k8s.io');
      expect((await reader.get(type, undefined, 'system:node'))?.metadata.name).toBe('system:node');
      expect(await reader.get(type, undefined, 'system:no-such')).toBeUndefined();
      await expect(reader.get({ ...type, plural: 'nonsense' }, undefined, 'x')).rejects.toMatchObject({
        code: 'CLUSTER_ERROR',
      });
    });
  });

  const flags = version === oldestVersion ? [] : ['--feature-gates=ListFromCacheSnapshot=false'];
  await describeOnCluster('a long list', { version, apiServerFlags: flags }, (on) => {
    it('over connections that break holds each object once', async () => {
      await fill(on.cluster, 'many', 3_000);
      const whole = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const type = await findType(whole, 'configmaps');
      const expected = await listAll(whole, { type, namespace: 'many' });
      expect(expected.objects.length).toBe(3_001);

      // A page is about 300 kB, and each wire but the last few brings less than one.
      await using wire = await startBreakingWire(on.cluster.serverUrl, (nth) =>
        nth < 12 ? 20_000 + nth * 20_000 : Infinity,
      );
      const server = `https://127.0.0.1:${wire.port}`;
      const broken = connectCluster(await connectAs(on.cluster.clusterAdmin, { server, random: () => -1 }));
      const { revision } = expected;
      expect(await listAll(broken, { type, namespace: 'many', revision })).toEqual(expected);
      expect(wire.asked.length).toBeGreaterThan(10);
    });

    it('of custom resources holds each once as well, although only their end tells the revision', async () => {
      const whole = connectCluster(await connectAs(on.cluster.clusterAdmin));
      await defineWidgets(on.cluster);
      await fill(on.cluster, 'many', 1_200, widgets);
      const type = await findType(whole, 'widgets.example.com');
      const revision = (await whole.currentRevision({ type }))!;
      const expected = await listAll(whole, { type, revision });
      expect(expected.objects.length).toBe(1_200);

      await using wire = await startBreakingWire(on.cluster.serverUrl, (nth) => (nth < 4 ? 160_000 : Infinity));
      const server = `https://127.0.0.1:${wire.port}`;
      const broken = connectCluster(await connectAs(on.cluster.clusterAdmin, { server, random: () => -1 }));
      expect(await listAll(broken, { type, revision })).toEqual(expected);
      expect(wire.asked.length).toBeGreaterThan(4);
    });

    it('at the newest revision goes on at that revision when its first page breaks off', async () => {
      await using wire = await startBreakingWire(on.cluster.serverUrl, (nth) => (nth === 0 ? 100_000 : Infinity));
      const server = `https://127.0.0.1:${wire.port}`;
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin, { server }));
      const type = { ...(await findType(connectCluster(await connectAs(on.cluster.clusterAdmin)), 'configmaps')) };
      const names: string[] = [];
      for await (const { objects } of reader.list({ type, namespace: 'many' })) {
        // Written after the list began: neither shown nor in the way.
        if (names.length === 0) await on.cluster.kubectl(['create', 'configmap', 'aaa', '-n', 'many']);
        names.push(...objects.map(({ name }) => name));
      }
      expect(names.length).toBe(3_001);
      expect(new Set(names).size).toBe(3_001);
      expect(names).not.toContain('aaa');
    });

    it('says so when its revision is forgotten, at its start and in its middle', async () => {
      const reader = connectCluster(await connectAs(on.cluster.clusterAdmin));
      const type = await findType(reader, 'configmaps');
      const revision = (await reader.currentRevision({ type }))!;
      let seen = 0;
      const slowly = async () => {
        for await (const { objects } of reader.list({ type, revision, chunkSize: 50 })) {
          if (seen === 0) {
            await on.cluster.kubectl(['create', 'configmap', `after-${revision}`, '-n', 'many']);
            await on.cluster.etcd.compact();
          }
          seen += objects.length;
        }
      };
      await expect(slowly()).rejects.toMatchObject({ code: 'CLUSTER_REVISION_GONE' });
      expect(seen).toBeGreaterThan(0);
      expect(seen).toBeLessThan(3_000);
      await expect(listAll(reader, { type, revision })).rejects.toMatchObject({ code: 'CLUSTER_REVISION_GONE' });
    });

    it('is held back by priority and fairness, and waits for its turn', async () => {
      const api = on.cluster.client();
      const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
      const user = await on.cluster.namespaceUser('many');
      // Without a share a level serves one request at a time, and this one lets nobody queue.
      const limited = { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } };
      const spec = { type: 'Limited', limited };
      await api.expect('POST', `${flow}/prioritylevelconfigurations`, { metadata: { name: 'narrow' }, spec });
      const lists = { verbs: ['list'], apiGroups: [''], resources: ['configmaps'], namespaces: ['*'] };
      await api.expect('POST', `${flow}/flowschemas`, {
        metadata: { name: 'narrow' },
        spec: {
          matchingPrecedence: 2,
          priorityLevelConfiguration: { name: 'narrow' },
          rules: [{ subjects: [{ kind: 'User', user: { name: user.name } }], resourceRules: [lists] }],
        },
      });
      const others = on.cluster.client(user, 8);
      const path = '/api/v1/namespaces/many/configmaps?limit=500';
      const pushing = () => Promise.all(Array.from({ length: 8 }, () => others.request('GET', path)));
      const statuses = async () => new Set((await pushing()).map(({ status }) => status));
      await expect.poll(statuses, { timeout: 10_000 }).toEqual(new Set([200, 429]));

      const reader = connectCluster(await connectAs(user));
      const type = await findType(reader, 'configmaps');
      const refusals = async () => {
        const { body } = await api.request('GET', '/metrics');
        const rows = body.matchAll(
          /^apiserver_flowcontrol_rejected_requests_total\{.*priority_level="narrow".*\} (\d+)/gm,
        );
        return Array.from(rows, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
      };
      const before = await refusals();
      const request = { type, namespace: 'many', chunkSize: 1_000 };
      const together = Array.from({ length: 8 }, async () => (await listAll(reader, request)).objects.length);
      expect(new Set(await Promise.all(together)).size).toBe(1);
      expect(await refusals()).toBeGreaterThan(before);
      others.close();
    });
  });
}
