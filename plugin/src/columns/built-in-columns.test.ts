import type { Manifest } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { builtInColumns } from './built-in-columns.ts';

const nowMs = Date.parse('2026-11-21T09:00:00Z');

function cells(type: string, rest: object, metadata: object = {}): Readonly<Record<string, string>> {
  const object = {
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { name: 'x', creationTimestamp: '2026-11-21T08:00:00Z', ...metadata },
    ...rest,
  } as Manifest;
  const row = builtInColumns.find((candidate) => candidate.type === type)!;
  return Object.fromEntries(row.columns.map(({ header, text }) => [header, text(object, nowMs)]));
}

describe('the table of built-in types', () => {
  it('has each type once, each row with its source and NAME first', () => {
    expect(new Set(builtInColumns.map(({ type }) => type)).size).toBe(builtInColumns.length);
    for (const { source, columns } of builtInColumns) {
      expect(source).toMatch(/^https:\/\/github\.com\/kubernetes\//);
      expect(columns[0]?.header).toBe('NAME');
    }
  });

  it('shows an object with nothing but a name in every type', () => {
    for (const { columns } of builtInColumns) {
      for (const { text, header } of columns) {
        expect(text({ apiVersion: 'v1', kind: 'Any', metadata: { name: 'x' } }, nowMs), header).toBeTypeOf('string');
      }
    }
  });

  // What kubectl shows of the same objects; test/e2e holds the whole table against a real kubectl.
  it.each([
    ['services', { spec: { type: 'LoadBalancer' } }, {}, { 'EXTERNAL-IP': '<pending>', 'PORT(S)': '<none>' }],
    [
      'services',
      {
        spec: {
          type: 'LoadBalancer',
          externalIPs: ['1.2.3.4'],
          ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
        },
        status: { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }, { ip: '5.6.7.8' }] } },
      },
      {},
      { 'EXTERNAL-IP': '5.6.7.8,lb.example.com,1.2.3.4', 'PORT(S)': '80:30080/TCP' },
    ],
    [
      'services',
      { spec: { type: 'ExternalName', externalName: 'a.example.com' } },
      {},
      { 'EXTERNAL-IP': 'a.example.com' },
    ],
    [
      'ingresses.networking.k8s.io',
      { spec: { rules: [{ host: 'a' }, { host: 'b' }, { host: 'c' }, { host: 'd' }], tls: [{}] } },
      {},
      { HOSTS: 'a,b,c + 1 more...', PORTS: '80, 443', CLASS: '<none>' },
    ],
    ['ingresses.networking.k8s.io', { spec: { rules: [{}] } }, {}, { HOSTS: '*', PORTS: '80', ADDRESS: '' }],
    [
      'deployments.apps',
      {
        spec: {
          replicas: 2,
          selector: {
            matchLabels: { b: '2', a: '1' },
            matchExpressions: [
              { key: 'tier', operator: 'In', values: ['y', 'x'] },
              { key: 'old', operator: 'DoesNotExist' },
            ],
          },
        },
        status: { readyReplicas: 1 },
      },
      {},
      { READY: '1/2', SELECTOR: 'a=1,b=2,tier in (x,y),!old', AGE: '60m' },
    ],
    [
      'jobs.batch',
      { spec: { completions: 3 }, status: { succeeded: 1 } },
      {},
      { STATUS: 'Running', COMPLETIONS: '1/3' },
    ],
    [
      'jobs.batch',
      {
        spec: {},
        status: {
          startTime: '2026-11-21T08:00:00Z',
          completionTime: '2026-11-21T08:05:30Z',
          succeeded: 1,
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      {},
      { STATUS: 'Complete', DURATION: '5m30s', COMPLETIONS: '1/1' },
    ],
    ['jobs.batch', {}, { deletionTimestamp: '2026-11-21T08:00:00Z' }, { STATUS: 'Terminating' }],
    [
      'nodes',
      { status: { conditions: [{ type: 'Ready', status: 'False' }] }, spec: { unschedulable: true } },
      { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
      { STATUS: 'NotReady,SchedulingDisabled', ROLES: 'control-plane,worker' },
    ],
    ['nodes', {}, {}, { STATUS: 'Unknown', ROLES: '<none>', 'INTERNAL-IP': '<none>', 'OS-IMAGE': '<unknown>' }],
    [
      'horizontalpodautoscalers.autoscaling',
      {
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'web' },
          maxReplicas: 5,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } },
            { type: 'External', external: { target: { averageValue: '30' } } },
            { type: 'Pods', pods: { target: { averageValue: '1k' } } },
          ],
        },
        status: { currentMetrics: [{ type: 'Resource', resource: { current: { averageUtilization: 20 } } }] },
      },
      {},
      { REFERENCE: 'Deployment/web', TARGETS: 'cpu: 20%/80%, <unknown>/30 (avg) + 1 more...', MINPODS: '<unset>' },
    ],
    [
      'resourcequotas',
      { status: { hard: { 'requests.cpu': '4', 'limits.cpu': '8', pods: '10' }, used: { pods: '3' } } },
      {},
      { REQUEST: 'pods: 3/10, requests.cpu: 0/4', LIMIT: 'limits.cpu: 0/8' },
    ],
    [
      'rolebindings.rbac.authorization.k8s.io',
      {
        roleRef: { kind: 'Role', name: 'reader' },
        subjects: [
          { kind: 'ServiceAccount', namespace: 'shop', name: 'web' },
          { kind: 'User', name: 'ann' },
        ],
      },
      {},
      { ROLE: 'Role/reader', USERS: 'ann', GROUPS: '', SERVICEACCOUNTS: 'shop/web' },
    ],
    [
      'persistentvolumes',
      { spec: { accessModes: ['ReadWriteMany', 'ReadWriteOnce'], claimRef: { namespace: 'shop', name: 'data' } } },
      {},
      { 'ACCESS MODES': 'RWO,RWX', CLAIM: 'shop/data' },
    ],
    [
      'storageclasses.storage.k8s.io',
      { provisioner: 'p' },
      { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      { NAME: 'x (default)', RECLAIMPOLICY: 'Delete', ALLOWVOLUMEEXPANSION: 'false' },
    ],
    [
      'apiservices.apiregistration.k8s.io',
      {
        spec: { service: { namespace: 'a', name: 'b' } },
        status: { conditions: [{ type: 'Available', status: 'False', reason: 'ServiceNotFound' }] },
      },
      {},
      { SERVICE: 'a/b', AVAILABLE: 'False (ServiceNotFound)' },
    ],
    [
      'endpoints',
      { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }, { port: 81 }] }] },
      {},
      { ENDPOINTS: '10.0.0.1:80,[fd00::1]:80,10.0.0.1:81 + 1 more...' },
    ],
    ['networkpolicies.networking.k8s.io', { spec: { podSelector: {} } }, {}, { 'POD-SELECTOR': '<none>' }],
    ['configmaps', { data: { a: '1' }, binaryData: { b: 'AA==', c: 'AA==' } }, {}, { DATA: '3' }],
  ])('shows %s %j', (type, rest, metadata, expected) => {
    expect(cells(type, rest, metadata)).toMatchObject(expected);
  });
});
