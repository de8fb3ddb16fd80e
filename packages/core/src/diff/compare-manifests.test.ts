import { describe, expect, test } from 'vitest';
import type { Manifest } from '../object/manifest.ts';
import { formatChangePath } from './change-path.ts';
import { compareManifests, sameContent, type CompareOptions } from './compare-manifests.ts';

function object(apiVersion: string, kind: string, members: Record<string, unknown> = {}, metadata = {}): Manifest {
  return { apiVersion, kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, ...members };
}

const pod = (spec: Record<string, unknown>): Manifest => object('v1', 'Pod', { spec });
const container = (members: Record<string, unknown>): Manifest => pod({ containers: [{ name: 'app', ...members }] });

/** The changes as one line each: `changed spec.replicas 1 -> 2`. */
function lines(before: Manifest, after: Manifest, options?: CompareOptions): string[] {
  return compareManifests(before, after, options).map((change) => {
    const values = [
      'before' in change ? JSON.stringify(change.before) : undefined,
      'after' in change ? JSON.stringify(change.after) : undefined,
    ];
    return [change.kind, formatChangePath(change.path), values.filter((v) => v !== undefined).join(' -> ')]
      .join(' ')
      .trim();
  });
}

const crd: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    versions: [
      { name: 'v1alpha1' },
      {
        name: 'v1',
        schema: {
          openAPIV3Schema: {
            properties: {
              spec: {
                properties: {
                  routes: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['host', 'port'],
                    items: { properties: { tags: { type: 'array', 'x-kubernetes-list-type': 'set' } } },
                  },
                  pools: { additionalProperties: { properties: { hosts: { 'x-kubernetes-list-type': 'set' } } } },
                },
              },
            },
          },
        },
      },
    ],
  },
};
const widget = (spec: Record<string, unknown>, version = 'v1'): Manifest =>
  object(`example.com/${version}`, 'Widget', { spec });

describe('what counts as a difference', () => {
  const same: Record<string, [before: Manifest, after: Manifest, options?: CompareOptions]> = {
    'another order of members': [pod({ a: 1, b: { c: 2, d: 3 } }), pod({ b: { d: 3, c: 2 }, a: 1 })],
    'everything that the server keeps in metadata': [
      object(
        'v1',
        'ConfigMap',
        {},
        { uid: 'a', resourceVersion: '1', generation: 1, managedFields: [{ manager: 'x' }] },
      ),
      object('v1', 'ConfigMap', {}, { uid: 'b', resourceVersion: '2', creationTimestamp: '2026-11-21T00:00:00Z' }),
    ],
    status: [
      object('v1', 'Pod', { status: { phase: 'Running' } }),
      object('v1', 'Pod', { status: { phase: 'Failed' } }),
    ],
    'an empty time in an embedded template, which 1.30 writes and 1.36 does not': [
      object('apps/v1', 'Deployment', {
        spec: { template: { metadata: { creationTimestamp: null, labels: { a: 'b' } } } },
      }),
      object('apps/v1', 'Deployment', { spec: { template: { metadata: { labels: { a: 'b' } } } } }),
    ],
    'the rollout that a Deployment counts': [
      object('apps/v1', 'Deployment', {}, { annotations: { 'deployment.kubernetes.io/revision': '4' } }),
      object('apps/v1', 'Deployment'),
    ],
    'the rules of an aggregated ClusterRole': [
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { aggregationRule: {}, rules: [{ verbs: ['get'] }] }),
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { aggregationRule: {}, rules: null }),
    ],
    'the health check port that the server allocates': [
      object('v1', 'Service', { spec: { healthCheckNodePort: 30001 } }),
      object('v1', 'Service', { spec: { healthCheckNodePort: 30002 } }),
    ],
    'the identity that the Job controller gives each Job': [
      object('batch/v1', 'Job', { spec: { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': '1' } } } }),
      object('batch/v1', 'Job', { spec: { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': '2' } } } }),
    ],
    'an owner that was created again': [
      object(
        'v1',
        'Pod',
        {},
        { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: '1' }] },
      ),
      object(
        'v1',
        'Pod',
        {},
        { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: '2' }] },
      ),
    ],
    'another order of volumes, of ports with two keys, and of finalizers': [
      pod({ volumes: [{ name: 'a' }, { name: 'b' }] }),
      pod({ volumes: [{ name: 'b' }, { name: 'a' }] }),
    ],
    'another order of ports with one number and two protocols': [
      object('v1', 'Service', {
        spec: {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
      }),
      object('v1', 'Service', {
        spec: {
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      }),
    ],
    'another order of finalizers': [
      object('v1', 'Pod', {}, { finalizers: ['a.io/x', 'b.io/y'] }),
      object('v1', 'Pod', {}, { finalizers: ['b.io/y', 'a.io/x'] }),
    ],
    'another order in what a CRD calls a map or a set': [
      widget({
        routes: [
          { host: 'a', port: 1, tags: ['x', 'y'] },
          { host: 'a', port: 2 },
        ],
        pools: { p: { hosts: [1, 2] } },
      }),
      widget({
        routes: [
          { host: 'a', port: 2 },
          { port: 1, host: 'a', tags: ['y', 'x'] },
        ],
        pools: { p: { hosts: [2, 1] } },
      }),
      { crd },
    ],
  };
  test.each(Object.entries(same))('%s is none', (_, [before, after, options]) => {
    expect(lines(before, after, options)).toEqual([]);
    expect(sameContent(before, after, options)).toBe(true);
  });

  const different: Record<string, [before: Manifest, after: Manifest, changes: string[], options?: CompareOptions]> = {
    'a value': [pod({ nodeName: 'a' }), pod({ nodeName: 'b' }), ['changed spec.nodeName "a" -> "b"']],
    'an API version': [
      object('policy/v1beta1', 'PodDisruptionBudget'),
      object('policy/v1', 'PodDisruptionBudget'),
      ['changed apiVersion "policy/v1beta1" -> "policy/v1"'],
    ],
    'a number that became text': [widget({ port: 1 }), widget({ port: '1' }), ['changed spec.port 1 -> "1"']],
    'a whole member that is new, named once': [
      pod({}),
      pod({ securityContext: { runAsUser: 1, fsGroup: 2 } }),
      ['added spec.securityContext {"runAsUser":1,"fsGroup":2}'],
    ],
    'an empty map, which is not an absent one': [pod({}), pod({ emptyDir: {} }), ['added spec.emptyDir {}']],
    'a label with dots in its name': [
      object('v1', 'Pod', {}, { labels: { 'app.kubernetes.io/name': 'a' } }),
      object('v1', 'Pod'),
      ['removed metadata.labels {"app.kubernetes.io/name":"a"}'],
    ],
    'one of several labels': [
      object('v1', 'Pod', {}, { labels: { 'app.kubernetes.io/name': 'a', x: 'y' } }),
      object('v1', 'Pod', {}, { labels: { 'app.kubernetes.io/name': 'b', x: 'y' } }),
      ['changed metadata.labels["app.kubernetes.io/name"] "a" -> "b"'],
    ],
    'an item known by its key, wherever it stands': [
      pod({
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      }),
      pod({
        containers: [
          { name: 'b', image: '2' },
          { name: 'a', image: '1' },
        ],
      }),
      ['changed spec.containers[name=b].image "1" -> "2"'],
    ],
    'a keyed list in a keyed list': [
      container({ volumeMounts: [{ mountPath: '/a', name: 'x' }] }),
      container({ volumeMounts: [{ mountPath: '/b', name: 'x' }] }),
      [
        'removed spec.containers[name=app].volumeMounts[mountPath=/a] {"mountPath":"/a","name":"x"}',
        'added spec.containers[name=app].volumeMounts[mountPath=/b] {"mountPath":"/b","name":"x"}',
      ],
    ],
    'the order of init containers, which run one after another': [
      pod({ initContainers: [{ name: 'a' }, { name: 'b' }, { name: 'gone' }] }),
      pod({ initContainers: [{ name: 'b' }, { name: 'a' }] }),
      ['reordered spec.initContainers', 'removed spec.initContainers[name=gone] {"name":"gone"}'],
    ],
    'the order of environment variables, which may refer to earlier ones': [
      container({
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)' },
        ],
      }),
      container({
        env: [
          { name: 'B', value: '$(A)' },
          { name: 'A', value: '1' },
        ],
      }),
      ['reordered spec.containers[name=app].env'],
    ],
    'environment variables of one name, which are legal, by their place': [
      container({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
      container({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '3' },
        ],
      }),
      ['changed spec.containers[name=app].env[1].value "2" -> "3"'],
    ],
    'an item that was put in the middle of a list without keys': [
      object('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ verbs: ['a'] }, { verbs: ['c'] }] }),
      object('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ verbs: ['a'] }, { verbs: ['b'] }, { verbs: ['c'] }] }),
      ['added rules[1] {"verbs":["b"]}'],
    ],
    'the order of arguments': [
      container({ args: ['-a', '-b'] }),
      container({ args: ['-b', '-a'] }),
      [
        'changed spec.containers[name=app].args[0] "-a" -> "-b"',
        'changed spec.containers[name=app].args[1] "-b" -> "-a"',
      ],
    ],
    'an element of a set': [
      object('v1', 'Pod', {}, { finalizers: ['a.io/x', 'b.io/y'] }),
      object('v1', 'Pod', {}, { finalizers: ['c.io/z', 'a.io/x'] }),
      ['removed metadata.finalizers[=b.io/y] "b.io/y"', 'added metadata.finalizers[=c.io/z] "c.io/z"'],
    ],
    'the rules of a ClusterRole that is not aggregated': [
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [{ verbs: ['get'] }] }),
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [] }),
      ['removed rules[0] {"verbs":["get"]}'],
    ],
    "the selector of a Job that is its author's own": [
      object('batch/v1', 'Job', {
        spec: { manualSelector: true, selector: { matchLabels: { 'controller-uid': '1' } } },
      }),
      object('batch/v1', 'Job', {
        spec: { manualSelector: true, selector: { matchLabels: { 'controller-uid': '2' } } },
      }),
      ['changed spec.selector.matchLabels.controller-uid "1" -> "2"'],
    ],
    'status, when it is asked for': [
      object('v1', 'Pod', { status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'X' }] } }),
      object('v1', 'Pod', { status: { conditions: [{ type: 'X' }, { type: 'Ready', status: 'False' }] } }),
      ['changed status.conditions[type=Ready].status "True" -> "False"'],
      { status: true },
    ],
    'the order in a list of a custom resource whose CRD is not known': [
      widget({ routes: [{ host: 'a' }, { host: 'b' }] }),
      widget({ routes: [{ host: 'b' }, { host: 'a' }] }),
      ['changed spec.routes[0].host "a" -> "b"', 'changed spec.routes[1].host "b" -> "a"'],
    ],
    'the order in a version of which the CRD says nothing': [
      widget({ routes: [{ host: 'a' }, { host: 'b' }] }, 'v1alpha1'),
      widget({ routes: [{ host: 'b' }] }, 'v1alpha1'),
      ['removed spec.routes[0] {"host":"a"}'],
      { crd },
    ],
    'a rule of a schema, found below its free names': [
      {
        ...crd,
        spec: {
          versions: [
            {
              name: 'v1',
              schema: {
                openAPIV3Schema: {
                  properties: { items: { 'x-kubernetes-validations': [{ rule: 'a' }, { rule: 'b' }] } },
                },
              },
            },
          ],
        },
      },
      {
        ...crd,
        spec: {
          versions: [
            {
              name: 'v1',
              schema: {
                openAPIV3Schema: {
                  properties: { items: { 'x-kubernetes-validations': [{ rule: 'b' }, { rule: 'a', message: 'm' }] } },
                },
              },
            },
          ],
        },
      },
      ['added spec.versions[0].schema.openAPIV3Schema.properties.items.x-kubernetes-validations[rule=a].message "m"'],
    ],
    'members that are named like those of every JavaScript object': [
      object('v1', 'ConfigMap', { data: JSON.parse('{"__proto__":"a","constructor":"b"}') }),
      object('v1', 'ConfigMap', { data: {} }),
      ['removed data.__proto__ "a"', 'removed data.constructor "b"'],
    ],
  };
  test.each(Object.entries(different))('%s is one', (_, [before, after, changes, options]) => {
    expect(lines(before, after, options)).toEqual(changes);
    expect(sameContent(before, after, options)).toBe(false);
  });

  test('manifests are left as they were given', () => {
    const before = object(
      'apps/v1',
      'Deployment',
      { status: {} },
      { uid: '1', annotations: { 'deployment.kubernetes.io/revision': '1' } },
    );
    const copy = structuredClone(before);
    compareManifests(before, pod({}));
    expect(before).toEqual(copy);
  });
});
