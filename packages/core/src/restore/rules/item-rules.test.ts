import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../object/manifest.ts';
import { draftOf } from '../draft.ts';
import type { PlanNote } from '../plan-note.ts';
import type { RuleContext } from './item-rule.ts';
import { applyItemRules, itemRules } from './item-rules.ts';
import { serverFields } from './server-fields.ts';

type Parts = Readonly<Record<string, unknown>>;
const object = (parts: Parts, metadata: Parts = {}): Manifest => {
  return { apiVersion: 'v1', kind: 'Any', ...parts, metadata: { name: 'a', namespace: 'shop', ...metadata } };
};
interface Result {
  readonly object: Manifest;
  readonly notes: readonly PlanNote[];
}
const apply = (type: string, backup: Manifest, live?: Manifest, context: Partial<RuleContext> = {}): Result => {
  const draft = draftOf(backup);
  const notes = applyItemRules(draft, live, {
    ref: { type, namespace: 'shop', name: 'a' },
    addresses: 'keep',
    willExist: () => true,
    isAutoscaled: () => false,
    ...context,
  });
  return { object: draft as unknown as Manifest, notes };
};

interface Case {
  readonly says: string;
  readonly type: string;
  readonly backup: Manifest;
  readonly live?: Manifest;
  readonly context?: Partial<RuleContext>;
  readonly expected: Manifest;
  readonly notes?: readonly PlanNote[];
}

const service = (spec: Parts, metadata?: Parts): Manifest => object({ spec }, metadata);
const webhook = (...webhooks: Parts[]): Manifest => object({ webhooks });
const webhooks = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const version = (name: string, storage: boolean): Parts => {
  return { name, served: true, storage, schema: { openAPIV3Schema: { type: 'object' } } };
};
const token = (data: Parts, annotations: Parts): Manifest =>
  object({ type: 'kubernetes.io/service-account-token', data }, { annotations });
const accountName = { 'kubernetes.io/service-account.name': 'bot' };
const ports = [
  { name: 'auto', port: 80, protocol: 'TCP', nodePort: 30080 },
  { name: 'chosen', port: 443, protocol: 'TCP', nodePort: 30443 },
];

const cases: readonly Case[] = [
  {
    says: 'a Service keeps its cluster IP and node ports in its own cluster',
    type: 'services',
    backup: service({ clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'], ports }),
    expected: service({ clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'], ports }),
  },
  {
    says: 'elsewhere a Service gets new ones, but for the node ports that its author applied',
    type: 'services',
    backup: service(
      { clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'], ports },
      {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"ports":[{"port":443,"nodePort":30443}]}}',
        },
      },
    ),
    context: { addresses: 'reassign' },
    expected: service(
      { ports: [{ name: 'auto', port: 80, protocol: 'TCP' }, ports[1]] },
      {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"ports":[{"port":443,"nodePort":30443}]}}',
        },
      },
    ),
    notes: [{ kind: 'address-reassigned', fields: ['spec.clusterIP', 'spec.clusterIPs', 'spec.ports[auto].nodePort'] }],
  },
  {
    says: 'elsewhere a node port counts as chosen when somebody manages it',
    type: 'services',
    backup: service(
      { clusterIP: 'None', ports },
      {
        managedFields: [
          { fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":443,"protocol":"TCP"}': { 'f:nodePort': {} } } } } },
        ],
      },
    ),
    context: { addresses: 'reassign' },
    expected: service(
      { clusterIP: 'None', ports: [{ name: 'auto', port: 80, protocol: 'TCP' }, ports[1]] },
      {
        managedFields: [
          { fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":443,"protocol":"TCP"}': { 'f:nodePort': {} } } } } },
        ],
      },
    ),
    notes: [{ kind: 'address-reassigned', fields: ['spec.ports[auto].nodePort'] }],
  },
  {
    says: 'a live Service keeps the cluster IP that it has, which nobody may change, and gets its node ports back',
    type: 'services',
    backup: service({ clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'], ports }),
    live: service({ clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9'], ports: [] }),
    expected: service({ clusterIP: '10.0.0.9', clusterIPs: ['10.0.0.9'], ports }),
  },
  {
    says: 'a headless Service stays headless over a live one with an IP, so that the server says it is immutable',
    type: 'services',
    backup: service({ clusterIP: 'None', ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] }),
    live: service({ clusterIP: '10.0.0.9', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] }),
    expected: service({ clusterIP: 'None', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] }),
  },
  {
    says: 'a claim whose volume comes back keeps its name, and loses what binding wrote',
    type: 'persistentvolumeclaims',
    backup: object(
      { spec: { volumeName: 'pv1' } },
      {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'volume.kubernetes.io/selected-node': 'n1', own: 'x' },
      },
    ),
    expected: object({ spec: { volumeName: 'pv1' } }, { annotations: { own: 'x' } }),
  },
  {
    says: 'a claim whose volume is gone is provisioned anew, also where the snapshot it came from is gone',
    type: 'persistentvolumeclaims',
    backup: object({
      spec: { volumeName: 'pv1', dataSource: { kind: 'VolumeSnapshot', name: 's' }, storageClassName: 'fast' },
    }),
    context: { willExist: () => false },
    expected: object({ spec: { storageClassName: 'fast' } }),
    notes: [{ kind: 'volume-unbound', volume: 'pv1' }],
  },
  {
    says: 'a volume waits for its claim by name: with the old uid it would count as released and be deleted',
    type: 'persistentvolumes',
    backup: object({ spec: { claimRef: { name: 'c', namespace: 'shop', uid: 'old', resourceVersion: '7' } } }),
    expected: object({ spec: { claimRef: { name: 'c', namespace: 'shop' } } }),
  },
  {
    says: 'a live volume stays with whoever claims it now',
    type: 'persistentvolumes',
    backup: object({ spec: { claimRef: { name: 'old', uid: '1' }, capacity: 1 } }),
    live: object({ spec: { claimRef: { name: 'new', uid: '2' } } }),
    expected: object({ spec: { claimRef: { name: 'new', uid: '2' }, capacity: 1 } }),
  },
  {
    says: "a Job gets a selector of its own, and keeps its author's labels",
    type: 'jobs.batch',
    backup: object(
      {
        spec: {
          selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
          template: {
            metadata: { labels: { 'controller-uid': 'u', 'batch.kubernetes.io/controller-uid': 'u', app: 'x' } },
          },
        },
      },
      { labels: { 'controller-uid': 'u', app: 'x' } },
    ),
    expected: object({ spec: { template: { metadata: { labels: { app: 'x' } } } } }, { labels: { app: 'x' } }),
  },
  {
    says: 'a Job with a selector of its author keeps it',
    type: 'jobs.batch',
    backup: object({ spec: { manualSelector: true, selector: { matchLabels: { app: 'x' } } } }),
    expected: object({ spec: { manualSelector: true, selector: { matchLabels: { app: 'x' } } } }),
  },
  {
    says: 'a token Secret is created empty for the controller to fill in',
    type: 'secrets',
    backup: token(
      { token: 'b2xk', 'ca.crt': 'b2xk', namespace: 'b2xk', extra: 'eA==' },
      { ...accountName, 'kubernetes.io/service-account.uid': 'old' },
    ),
    expected: token({ extra: 'eA==' }, accountName),
  },
  {
    says: 'a live token Secret keeps its live token',
    type: 'secrets',
    backup: token({ token: 'b2xk' }, { ...accountName, 'kubernetes.io/service-account.uid': 'old' }),
    live: token({ token: 'bmV3' }, { ...accountName, 'kubernetes.io/service-account.uid': 'new' }),
    expected: token({ token: 'bmV3' }, { ...accountName, 'kubernetes.io/service-account.uid': 'new' }),
  },
  {
    says: 'other Secrets keep what they hold',
    type: 'secrets',
    backup: object({ type: 'Opaque', data: { token: 'eA==' } }),
    expected: object({ type: 'Opaque', data: { token: 'eA==' } }),
  },
  {
    says: 'a service account loses the Secrets that controllers made for it, not those of its author',
    type: 'serviceaccounts',
    backup: object({
      secrets: [{ name: 'a-token-x1' }, { name: 'mine' }],
      imagePullSecrets: [{ name: 'a-dockercfg-1' }],
    }),
    expected: object({ secrets: [{ name: 'mine' }] }),
  },
  {
    says: 'a live service account keeps the Secrets that controllers made for it',
    type: 'serviceaccounts',
    backup: object({ secrets: [{ name: 'a-token-old' }, { name: 'mine' }] }),
    live: object({ secrets: [{ name: 'a-token-new' }] }),
    expected: object({ secrets: [{ name: 'a-token-new' }, { name: 'mine' }] }),
  },
  {
    says: 'an aggregated role is created without the rules that a controller sums up',
    type: 'clusterroles.rbac.authorization.k8s.io',
    backup: object({ aggregationRule: { clusterRoleSelectors: [] }, rules: [{ verbs: ['get'] }] }),
    expected: object({ aggregationRule: { clusterRoleSelectors: [] } }),
  },
  {
    says: 'a role of its own rules keeps them',
    type: 'clusterroles.rbac.authorization.k8s.io',
    backup: object({ rules: [{ verbs: ['get'] }] }),
    live: object({ rules: [] }),
    expected: object({ rules: [{ verbs: ['get'] }] }),
  },
  {
    says: 'what an autoscaler sizes keeps its live size',
    type: 'deployments.apps',
    backup: object({ spec: { replicas: 2 } }),
    live: object({ spec: { replicas: 9 } }),
    context: { isAutoscaled: () => true },
    expected: object({ spec: { replicas: 9 } }),
    notes: [{ kind: 'replicas-live', replicas: 9 }],
  },
  {
    says: 'what nobody sizes gets its size back',
    type: 'deployments.apps',
    backup: object({ spec: { replicas: 2 } }),
    live: object({ spec: { replicas: 9 } }),
    expected: object({ spec: { replicas: 2 } }),
  },
  {
    says: 'a definition keeps the versions that live objects are stored in, and only those, and stores in its own',
    type: definitions,
    backup: object({ spec: { versions: [version('v1', true)] } }),
    live: object({
      spec: { versions: [version('v1', false), version('v2', true), version('v3', false)] },
      status: { storedVersions: ['v1', 'v2'] },
    }),
    expected: object({ spec: { versions: [version('v1', true), version('v2', false)] } }),
    notes: [{ kind: 'versions-kept', versions: ['v2'] }],
  },
  {
    says: 'a definition that kept unknown fields says so in its schemas, which stay',
    type: definitions,
    backup: object({
      spec: {
        preserveUnknownFields: true,
        versions: [
          { name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } } },
          { name: 'v2' },
        ],
      },
    }),
    expected: object({
      spec: {
        preserveUnknownFields: false,
        versions: [
          {
            name: 'v1',
            schema: {
              openAPIV3Schema: { type: 'object', properties: { a: {} }, 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
          {
            name: 'v2',
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    }),
  },
  {
    says: 'a definition that says false keeps its schema',
    type: definitions,
    backup: object({ spec: { preserveUnknownFields: false, versions: [version('v1', true)] } }),
    expected: object({ spec: { preserveUnknownFields: false, versions: [version('v1', true)] } }),
  },
  {
    says: 'a live webhook keeps its certificate authority, by name and not by place; a new one keeps its own',
    type: webhooks,
    backup: webhook(
      { name: 'a', sideEffects: 'None', clientConfig: { caBundle: 'old-a' } },
      { name: 'b', sideEffects: 'None', clientConfig: { caBundle: 'old-b' } },
    ),
    live: webhook({ name: 'b', clientConfig: { caBundle: 'new-b' } }),
    expected: webhook(
      { name: 'a', sideEffects: 'None', clientConfig: { caBundle: 'old-a' } },
      { name: 'b', sideEffects: 'None', clientConfig: { caBundle: 'new-b' } },
    ),
  },
  {
    says: 'a webhook with side effects that v1 does not take says None',
    type: webhooks,
    backup: webhook({ name: 'a', sideEffects: 'Unknown' }, { name: 'b', sideEffects: 'NoneOnDryRun' }),
    expected: webhook({ name: 'a', sideEffects: 'None' }, { name: 'b', sideEffects: 'NoneOnDryRun' }),
  },
  {
    says: 'a pod loses its node, its priority and its token volumes',
    type: 'pods',
    backup: object({
      spec: {
        nodeName: 'n1',
        priority: 1000,
        serviceAccountName: 'bot',
        volumes: [{ name: 'bot-token-x' }, { name: 'kube-api-access-y' }, { name: 'data' }],
        containers: [{ name: 'c', volumeMounts: [{ name: 'kube-api-access-y' }, { name: 'data' }] }],
        initContainers: [{ name: 'i', volumeMounts: [{ name: 'bot-token-x' }] }],
      },
    }),
    expected: object({
      spec: {
        serviceAccountName: 'bot',
        volumes: [{ name: 'data' }],
        containers: [{ name: 'c', volumeMounts: [{ name: 'data' }] }],
        initContainers: [{ name: 'i', volumeMounts: [] }],
      },
    }),
  },
  {
    says: 'a live pod keeps its node and its token volumes',
    type: 'pods',
    backup: object({
      spec: {
        nodeName: 'n1',
        volumes: [{ name: 'data' }, { name: 'kube-api-access-old' }],
        containers: [{ name: 'c', volumeMounts: [{ name: 'kube-api-access-old' }] }],
      },
    }),
    live: object({
      spec: {
        nodeName: 'n2',
        volumes: [{ name: 'data' }, { name: 'kube-api-access-new' }],
        containers: [{ name: 'c', volumeMounts: [{ name: 'kube-api-access-new' }] }],
      },
    }),
    expected: object({
      spec: {
        nodeName: 'n2',
        volumes: [{ name: 'data' }, { name: 'kube-api-access-new' }],
        containers: [{ name: 'c', volumeMounts: [{ name: 'kube-api-access-new' }] }],
      },
    }),
  },
  {
    says: 'what was being deleted is restored as something that stays',
    type: 'configmaps',
    backup: object({}, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion', 'own/hold'] }),
    expected: object({}, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['own/hold'] }),
    notes: [{ kind: 'was-terminating' }],
  },
  {
    says: 'live finalizers stay, those of the backup come back',
    type: 'configmaps',
    backup: object({}, { finalizers: ['a', 'b'] }),
    live: object({}, { finalizers: ['c', 'a'] }),
    expected: object({}, { finalizers: ['c', 'a', 'b'] }),
  },
  {
    says: 'a namespace leaves to the server what the server sets',
    type: 'namespaces',
    backup: object(
      { spec: { finalizers: ['kubernetes'] } },
      { labels: { 'kubernetes.io/metadata.name': 'a', own: 'x' } },
    ),
    expected: object({}, { labels: { own: 'x' } }),
  },
  {
    says: "Fleet's agents are deployed anew, once: a live generation stays",
    type: 'clusters.fleet.cattle.io',
    backup: object({ apiVersion: 'fleet.cattle.io/v1alpha1', spec: { redeployAgentGeneration: 3 } }),
    expected: object({ apiVersion: 'fleet.cattle.io/v1alpha1', spec: { redeployAgentGeneration: 4 } }),
  },
];

describe('applyItemRules', () => {
  it.each(cases)('$says', ({ type, backup, live, context, expected, notes = [] }) => {
    const result = apply(type, backup, live, context);
    expect(result.object).toEqual(expected);
    expect(result.notes).toEqual(notes);
  });

  it('finds nothing left to do in what it has made, once that is live', () => {
    // What the server itself fills in (addresses) is the business of the tests with a server.
    const creations = cases.filter((row) => row.live === undefined && row.context?.addresses !== 'reassign');
    for (const { type, backup, context } of creations) {
      const created = apply(type, backup, undefined, context).object;
      expect(apply(type, backup, created, context).object, type).toEqual(created);
    }
  });
});

it('every row says why, and where that is written', () => {
  for (const row of [...itemRules, ...serverFields]) {
    expect(row.reason).not.toBe('');
    expect(row.source).toMatch(/^https:\/\//);
  }
});
