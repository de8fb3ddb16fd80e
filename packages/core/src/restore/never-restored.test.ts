import { describe, expect, it } from 'vitest';
import type { Manifest } from '../object/manifest.ts';
import { neverRestored, neverRestoredBy, type NeverRestoredContext } from './never-restored.ts';

const alone: NeverRestoredContext = { controller: 'absent', isBeside: () => false, isInCluster: () => false };
const object = (name: string, more: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): Manifest => {
  return { apiVersion: 'v1', kind: 'Any', ...more, metadata: { name, namespace: 'kube-system', ...metadata } };
};
const autoupdate = (value: string): Record<string, unknown> => {
  return {
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': value },
  };
};
const roles = 'clusterroles.rbac.authorization.k8s.io';

describe('neverRestoredBy', () => {
  it.each([
    ['a bootstrap role', roles, object('system:kube-scheduler', {}, autoupdate('true')), alone, 'bootstrap-rbac'],
    [
      'a bootstrap role that its admin has taken over',
      roles,
      object('edit', {}, autoupdate('false')),
      alone,
      undefined,
    ],
    ['a role of its own', roles, object('mine'), alone, undefined],
    [
      'a suggested flow schema',
      'flowschemas.flowcontrol.apiserver.k8s.io',
      object('x', {}, { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } }),
      alone,
      'autoupdated-flow-control',
    ],
    [
      'a system class',
      'priorityclasses.scheduling.k8s.io',
      object('system-node-critical'),
      alone,
      'system-priority-classes',
    ],
    [
      'the Service of the API server',
      'services',
      object('kubernetes', {}, { namespace: 'default' }),
      alone,
      'kubernetes-service',
    ],
    ['a Service of that name elsewhere', 'services', object('kubernetes'), alone, undefined],
    ['the sizes that a run remembers', 'configmaps', object('infrabackup-sizes-20261121'), alone, 'sizes-of-a-run'],
    ['the published root certificate', 'configmaps', object('kube-root-ca.crt'), alone, 'root-certificates'],
    [
      'the default range of addresses',
      'servicecidrs.networking.k8s.io',
      object('kubernetes'),
      alone,
      'default-service-cidr',
    ],
    ['a range that an admin added', 'servicecidrs.networking.k8s.io', object('more'), alone, undefined],
    ['a pod that a live controller makes', 'pods', object('p'), { ...alone, controller: 'live' }, 'controlled-pods'],
    ['a pod of a restored controller', 'pods', object('p'), { ...alone, controller: 'planned' }, 'controlled-pods'],
    ['a pod whose controller is gone for good', 'pods', object('p'), alone, undefined],
    ['a pod that has run', 'pods', object('p', { status: { phase: 'Succeeded' } }), alone, 'finished-pods'],
    [
      'the history of a live Deployment',
      'replicasets.apps',
      object('rs'),
      { ...alone, controller: 'live' },
      'live-rollout-history',
    ],
    [
      'the history of a restored Deployment',
      'replicasets.apps',
      object('rs'),
      { ...alone, controller: 'planned' },
      undefined,
    ],
    [
      "a CronJob's Job",
      'jobs.batch',
      object('j', {}, { ownerReferences: [{ kind: 'CronJob', apiVersion: 'batch/v1', name: 'c', uid: '1' }] }),
      { ...alone, controller: 'planned' },
      'cron-jobs-jobs',
    ],
    [
      'a Job that has run',
      'jobs.batch',
      object('j', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }),
      alone,
      'finished-jobs',
    ],
    [
      'a Job that is at it',
      'jobs.batch',
      object('j', { status: { conditions: [{ type: 'Suspended', status: 'True' }] } }),
      alone,
      undefined,
    ],
    [
      'an address list of a controller',
      'endpointslices.discovery.k8s.io',
      object('e', {}, { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } }),
      alone,
      'managed-endpoint-slices',
    ],
    ['an address list of its author', 'endpointslices.discovery.k8s.io', object('e'), alone, undefined],
    ['events of either group', 'events.events.k8s.io', object('e'), alone, 'events'],
    ['a measurement', 'nodes.metrics.k8s.io', object('n'), alone, 'computed'],
    [
      'a token without its account',
      'secrets',
      object('t', { type: 'kubernetes.io/service-account-token' }),
      alone,
      'tokens-without-account',
    ],
    [
      "Rancher's built-in role",
      'globalroles.management.cattle.io',
      object('admin', { builtin: 'true' }),
      alone,
      'rancher-builtin-roles',
    ],
    ['a restore of Velero', 'restores.velero.io', object('r'), alone, 'velero-records'],
  ] as const)('%s', (_, type, manifest, context, id) => {
    expect(neverRestoredBy(type, manifest, context)?.id).toBe(id);
  });

  it('every row has an id of its own, says why, and where that is written', () => {
    expect(new Set(neverRestored.map(({ id }) => id)).size).toBe(neverRestored.length);
    for (const { reason, source } of neverRestored) {
      expect(reason).not.toBe('');
      expect(source).toMatch(/^https:\/\//);
    }
  });
});
