import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createBackup,
  planBackup,
  presetAll,
  type CreateBackupOptions,
  type Discovery,
  type Manifest,
  type ResourceType,
} from '@infrabackup/core';
import { openDiskSpool, openStore } from '@infrabackup/storage';
import { sampleCluster, sampleType } from './sample-cluster.ts';

/** When sample backups are made, unless a test says otherwise. */
export const sampleTime = '2026-11-21T08:30:00Z';

/** The types that a sample cluster serves. */
export const sampleTypes = [
  sampleType('', 'Pod', 'pods', { shortNames: ['po'], categories: ['all'] }),
  sampleType('', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  sampleType('', 'Secret', 'secrets'),
  sampleType('', 'Namespace', 'namespaces', { shortNames: ['ns'], namespaced: false }),
  sampleType('', 'Service', 'services', { shortNames: ['svc'], categories: ['all'] }),
  sampleType('apps', 'Deployment', 'deployments', { shortNames: ['deploy'], categories: ['all'] }),
  sampleType('metrics.example.com', 'PodMetrics', 'pods', { singular: 'podmetric' }),
  sampleType('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', {
    shortNames: ['crd'],
    namespaced: false,
  }),
  sampleType('example.com', 'Database', 'databases', { shortNames: ['db'], version: 'v2' }),
  sampleType('example.org', 'Database', 'databases', { shortNames: ['orgdb'] }),
];

function named(kind: string, apiVersion: string, namespace: string | undefined, name: string, rest: object): Manifest {
  const { metadata, ...others } = { metadata: {}, ...rest };
  const uid = `uid-${kind}-${name}`;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      uid,
      creationTimestamp: '2026-11-20T06:30:00Z',
      ...metadata,
    },
    ...others,
  };
}

/** Objects of a small shop: something of everything that the views treat in their own way. */
export const sampleObjects: readonly Manifest[] = [
  named('Namespace', 'v1', undefined, 'shop', { status: { phase: 'Active' } }),
  named('Namespace', 'v1', undefined, 'default', { status: { phase: 'Active' } }),
  named('ConfigMap', 'v1', 'default', 'settings', { data: { colour: 'blue' } }),
  named('ConfigMap', 'v1', 'shop', 'settings', {
    metadata: { labels: { app: 'web' }, managedFields: [{ manager: 'kubectl', operation: 'Apply' }] },
    data: { size: 'on', big: '9007199254740993', multi: 'a\nb\n' },
  }),
  named('Secret', 'v1', 'shop', 'login', {
    type: 'Opaque',
    metadata: {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"aHVudGVyMg=="}}' },
    },
    data: { password: 'aHVudGVyMg==' },
  }),
  named('Deployment', 'apps/v1', 'shop', 'web', {
    metadata: { labels: { app: 'web' }, generation: 2 },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] } },
    },
    status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
  }),
  named('Deployment', 'apps/v1', 'shop', 'db', {
    spec: {
      replicas: 1,
      selector: {},
      template: { spec: { containers: [{ name: 'db', image: 'example.com/db:9' }] } },
    },
    status: {},
  }),
  named('Service', 'v1', 'shop', 'web', {
    metadata: { labels: { app: 'web' } },
    spec: {
      type: 'ClusterIP',
      clusterIPs: ['10.0.0.7'],
      ports: [{ port: 80, protocol: 'TCP' }],
      selector: { app: 'web' },
    },
  }),
  named('CustomResourceDefinition', 'apiextensions.k8s.io/v1', undefined, 'databases.example.com', {
    spec: {
      versions: [
        { name: 'v1', additionalPrinterColumns: [] },
        {
          name: 'v2',
          additionalPrinterColumns: [
            { name: 'Engine', type: 'string', jsonPath: '.spec.engine' },
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
            { name: 'Broken', type: 'string', jsonPath: '.spec[' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
        },
      ],
    },
  }),
  named('Database', 'example.com/v2', 'shop', 'orders', {
    spec: { engine: 'postgres\u001b[31m', replicas: 2 },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }),
];

/** What of a sample backup a test decides. */
export interface SampleBackupOptions extends Partial<Pick<CreateBackupOptions, 'encryption' | 'labels' | 'ttlMs'>> {
  readonly at?: string;
  readonly objects?: readonly Manifest[];
  /** Types that the cluster serves beside the usual ones. */
  readonly types?: readonly ResourceType[];
  readonly failures?: Discovery['failures'];
}

/** A folder for a location; gone at the end of the block. */
export interface SampleLocation extends AsyncDisposable {
  readonly folder: string;
  /** Makes a backup in it, of a cluster that has {@link sampleObjects}. */
  backUp(name: string, options?: SampleBackupOptions): Promise<void>;
}

/** An empty location. */
export async function sampleLocation(): Promise<SampleLocation> {
  const folder = await mkdtemp(join(tmpdir(), 'infrabackup-plugin-'));
  return {
    folder,
    async backUp(name, { at = sampleTime, objects = sampleObjects, types = [], failures = [], ...rest } = {}) {
      const reader = sampleCluster([...sampleTypes, ...types], objects, failures);
      await createBackup(await planBackup(reader, presetAll()), {
        ...rest,
        reader,
        store: await openStore(folder, { workingFolder: '/', env: {} }),
        openSpool: () => openDiskSpool(tmpdir()),
        writer: {
          id: name,
          host: 'here#00000000',
          pid: 1,
          clock: { now: () => Date.parse(at) },
          isRunning: () => true,
        },
        name,
        tool: 'infrabackup 0.1.0',
      });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
