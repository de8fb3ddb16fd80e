import { describe, expect, it } from 'vitest';
import { draftOf } from './draft.ts';
import { mapNamespaces, mapRef } from './map-namespaces.ts';

const mapping = { a: 'z' };
const mapped = (type: string, object: Record<string, unknown>): Record<string, unknown> => {
  const draft = draftOf({ apiVersion: 'v1', kind: 'Any', ...object, metadata: { name: 'x', namespace: 'a' } });
  mapNamespaces(draft, type, mapping);
  delete draft['apiVersion'];
  delete draft['kind'];
  delete draft['metadata'];
  return draft;
};

describe('mapRef', () => {
  it.each([
    ['an object moves with its namespace', { type: 'pods', namespace: 'a', name: 'a' }, { namespace: 'z', name: 'a' }],
    ['a Namespace is renamed', { type: 'namespaces', name: 'a' }, { name: 'z' }],
    ['another namespace stays', { type: 'pods', namespace: 'b', name: 'a' }, { namespace: 'b', name: 'a' }],
    ['cluster-scoped objects keep their name', { type: 'nodes', name: 'a' }, { name: 'a' }],
  ])('%s', (_, ref, expected) => {
    expect(mapRef(mapping, ref)).toMatchObject(expected);
  });

  it('knows no namespace by the name of what every object inherits', () => {
    expect(mapRef(mapping, { type: 'pods', namespace: 'constructor', name: 'a' }).namespace).toBe('constructor');
  });
});

describe('mapNamespaces', () => {
  it.each([
    [
      'the subjects of a role binding, accounts and groups of accounts',
      'rolebindings.rbac.authorization.k8s.io',
      {
        subjects: [
          { kind: 'ServiceAccount', name: 'bot', namespace: 'a' },
          { kind: 'User', name: 'system:serviceaccount:a:bot' },
          { kind: 'Group', name: 'system:serviceaccounts:a' },
          { kind: 'User', name: 'a' },
          { kind: 'ServiceAccount', name: 'bot', namespace: 'b' },
        ],
      },
      {
        subjects: [
          { kind: 'ServiceAccount', name: 'bot', namespace: 'z' },
          { kind: 'User', name: 'system:serviceaccount:z:bot' },
          { kind: 'Group', name: 'system:serviceaccounts:z' },
          { kind: 'User', name: 'a' },
          { kind: 'ServiceAccount', name: 'bot', namespace: 'b' },
        ],
      },
    ],
    [
      'a binding for the whole cluster gains the renamed subject and loses none',
      'clusterrolebindings.rbac.authorization.k8s.io',
      { subjects: [{ kind: 'ServiceAccount', name: 'bot', namespace: 'a' }] },
      {
        subjects: [
          { kind: 'ServiceAccount', name: 'bot', namespace: 'a' },
          { kind: 'ServiceAccount', name: 'bot', namespace: 'z' },
        ],
      },
    ],
    [
      'the claim of a volume, and the Secrets of its driver',
      'persistentvolumes',
      {
        spec: {
          claimRef: { namespace: 'a' },
          csi: { nodeStageSecretRef: { namespace: 'a' }, volumeAttributes: { namespace: 'a' } },
        },
      },
      {
        spec: {
          claimRef: { namespace: 'z' },
          csi: { nodeStageSecretRef: { namespace: 'z' }, volumeAttributes: { namespace: 'a' } },
        },
      },
    ],
    [
      'the service and the selectors of a webhook',
      'validatingwebhookconfigurations.admissionregistration.k8s.io',
      {
        webhooks: [
          {
            clientConfig: { service: { namespace: 'a' } },
            namespaceSelector: {
              matchLabels: { 'kubernetes.io/metadata.name': 'a' },
              matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['a', 'b'] }],
            },
          },
        ],
      },
      {
        webhooks: [
          {
            clientConfig: { service: { namespace: 'z' } },
            namespaceSelector: {
              matchLabels: { 'kubernetes.io/metadata.name': 'z' },
              matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['z', 'b'] }],
            },
          },
        ],
      },
    ],
    [
      'the peers of a network policy',
      'networkpolicies.networking.k8s.io',
      {
        spec: { ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'a' } } }] }] },
      },
      {
        spec: { ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'z' } } }] }] },
      },
    ],
    [
      'the parents and back ends of a route',
      'httproutes.gateway.networking.k8s.io',
      { spec: { parentRefs: [{ namespace: 'a' }], rules: [{ backendRefs: [{ name: 'x', namespace: 'a' }] }] } },
      { spec: { parentRefs: [{ namespace: 'z' }], rules: [{ backendRefs: [{ name: 'x', namespace: 'z' }] }] } },
    ],
    [
      'the affinity of a pod template',
      'cronjobs.batch',
      podTemplate({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['a', 'b'] }] } }),
      podTemplate({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['z', 'b'] }] } }),
    ],
    [
      'the name that a Service stands for',
      'services',
      { spec: { externalName: 'db.a.svc.cluster.local' } },
      { spec: { externalName: 'db.z.svc.cluster.local' } },
    ],
    [
      'no host outside',
      'services',
      { spec: { externalName: 'db.a.example.com' } },
      { spec: { externalName: 'db.a.example.com' } },
    ],
    [
      'where an aggregated API is served',
      'apiservices.apiregistration.k8s.io',
      { spec: { service: { namespace: 'a', name: 'a' } } },
      { spec: { service: { namespace: 'z', name: 'a' } } },
    ],
  ])('renames %s', (_, type, object, expected) => {
    expect(mapped(type, object)).toEqual(expected);
  });

  it('renames the namespace in what cert-manager injects, on objects of any type', () => {
    const draft = draftOf({
      apiVersion: 'v1',
      kind: 'Any',
      metadata: { name: 'x', annotations: { 'cert-manager.io/inject-ca-from': 'a/cert', other: 'a/cert' } },
    });
    mapNamespaces(draft, 'customresourcedefinitions.apiextensions.k8s.io', mapping);
    expect(draft['metadata']).toMatchObject({
      annotations: { 'cert-manager.io/inject-ca-from': 'z/cert', other: 'a/cert' },
    });
  });
});

function podTemplate(affinity: unknown): Record<string, unknown> {
  return { spec: { jobTemplate: { spec: { template: { spec: { affinity } } } } } };
}
