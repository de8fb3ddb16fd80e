import { describe, expect, it } from 'vitest';
import type { Manifest, OwnerReference } from '../object/manifest.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { ResourceType } from '../object/resource-type.ts';
import { mergeOwners, resolveOwners, type OwnerState } from './owners.ts';

const resourceType = (kind: string, plural: string, group: string, namespaced: boolean): ResourceType => {
  return {
    ...{ kind, plural, group, namespaced, version: 'v1', singular: kind.toLowerCase() },
    ...{ shortNames: [], categories: [], verbs: [], subresources: [], servedVersions: ['v1'] },
  };
};
const types = [
  resourceType('Deployment', 'deployments', 'apps', true),
  resourceType('ReplicaSet', 'replicasets', 'apps', true),
  resourceType('ClusterRole', 'clusterroles', 'rbac.authorization.k8s.io', false),
];
const owner = (kind: string, name: string, more: Partial<OwnerReference> = {}): OwnerReference => {
  const group = types.find((type) => type.kind === kind)?.group ?? 'example.com';
  return { apiVersion: `${group}/v1`, kind, name, uid: `old-${name}`, ...more };
};
const dependent = (...ownerReferences: OwnerReference[]): Manifest => {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'd', namespace: 'shop', ownerReferences } };
};
const ref: ObjectRef = { type: 'configmaps', namespace: 'shop', name: 'd' };
const lookup = (state: OwnerState) => {
  return {
    typeOf: (group: string, kind: string) => types.find((type) => type.group === group && type.kind === kind),
    stateOf: () => state,
  };
};

describe('resolveOwners', () => {
  it('gives a live owner its live uid and keeps the rest of the reference', () => {
    const manifest = dependent(owner('Deployment', 'web', { controller: true }));
    const { references, controller } = resolveOwners(manifest, ref, lookup({ kind: 'live', uid: 'new' }));
    expect(references).toEqual([owner('Deployment', 'web', { controller: true, uid: 'new' })]);
    expect(controller).toBe('live');
  });

  it('leaves the uid of a planned owner open and waits for it', () => {
    const { references, owners } = resolveOwners(
      dependent(owner('Deployment', 'web')),
      ref,
      lookup({ kind: 'planned' }),
    );
    expect(references[0]?.uid).toBe('');
    expect(owners).toEqual([
      { reference: 0, ref: { type: 'deployments.apps', namespace: 'shop', name: 'web' }, uid: '' },
    ]);
  });

  it('takes a cluster-scoped owner of a namespaced object, whose owner Kubernetes allows', () => {
    const { owners } = resolveOwners(dependent(owner('ClusterRole', 'r')), ref, lookup({ kind: 'planned' }));
    expect(owners).toEqual([
      { reference: 0, ref: { type: 'clusterroles.rbac.authorization.k8s.io', name: 'r' }, uid: '' },
    ]);
  });

  it.each([
    ['an owner that is nowhere', dependent(owner('Deployment', 'web')), ref, { kind: 'absent' }, 'not-found'],
    ['an owner of an unknown kind', dependent(owner('Widget', 'w')), ref, { kind: 'live', uid: 'x' }, 'not-found'],
    [
      'a namespaced owner of a cluster-scoped object',
      dependent(owner('Deployment', 'web')),
      { type: 'clusterroles.rbac.authorization.k8s.io', name: 'd' },
      { kind: 'live', uid: 'x' },
      'other-scope',
    ],
  ] as const)('drops %s with a note', (_, manifest, target, state, reason) => {
    const { references, notes } = resolveOwners(manifest, target, lookup(state));
    expect(references).toEqual([]);
    expect(notes).toMatchObject([{ kind: 'owner-dropped', reason }]);
  });

  it('writes a ReplicaSet before the Deployment that adopts it', () => {
    const target: ObjectRef = { type: 'replicasets.apps', namespace: 'shop', name: 'd' };
    const resolved = resolveOwners(dependent(owner('Deployment', 'web')), target, lookup({ kind: 'planned' }));
    expect(resolved).toMatchObject({ references: [], owners: [], notes: [{ kind: 'owner-adopts' }] });
  });
});

describe('mergeOwners', () => {
  it('keeps the live ones and adds the missing', () => {
    const merged = mergeOwners([owner('Deployment', 'live', { uid: '1' })], [owner('ClusterRole', 'r', { uid: '2' })]);
    expect(merged.map(({ name }) => name)).toEqual(['live', 'r']);
  });

  it('adds no second controller, which the server refuses', () => {
    const live = [owner('Deployment', 'a', { controller: true })];
    expect(mergeOwners(live, [owner('Deployment', 'b', { controller: true })])).toEqual(live);
  });
});
