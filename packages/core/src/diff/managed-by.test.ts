import { expect, test } from 'vitest';
import type { Manifest, ObjectMeta } from '../object/manifest.ts';
import { managedBy, type ManagedBy } from './managed-by.ts';

const service = (metadata: Omit<ObjectMeta, 'name'>): Manifest => {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop', ...metadata } };
};
const applied = (manager: string, operation = 'Apply', subresource?: string): Omit<ObjectMeta, 'name'> => {
  return { managedFields: [{ manager, operation, ...(subresource === undefined ? {} : { subresource }) }] };
};
const tracked = (id: string): Omit<ObjectMeta, 'name'> => ({ annotations: { 'argocd.argoproj.io/tracking-id': id } });
const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
const release = { annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'shop' } };
const owner = { apiVersion: 'example.com/v1', kind: 'Shop', name: 'main', uid: '1' };

const managed: Record<string, [metadata: Omit<ObjectMeta, 'name'>, expected: ManagedBy]> = {
  'an Argo CD application, by its tracking annotation': [
    tracked('shop:/Service:shop/web'),
    {
      tool: 'argocd',
      who: 'Argo CD application shop',
      writes: 'soon',
      suspend: 'argocd app set shop --sync-policy none',
    },
  ],
  'an Argo CD application of another namespace': [
    tracked('team-a_shop:/Service:shop/web'),
    {
      tool: 'argocd',
      who: 'Argo CD application team-a/shop',
      writes: 'soon',
      suspend: 'argocd app set team-a/shop --sync-policy none',
    },
  ],
  'an Argo CD application, by label and field manager': [
    { labels: { 'app.kubernetes.io/instance': 'shop' }, ...applied('argocd-controller', 'Update') },
    {
      tool: 'argocd',
      who: 'Argo CD application shop',
      writes: 'soon',
      suspend: 'argocd app set shop --sync-policy none',
    },
  ],
  'a Flux Kustomization': [
    { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' } },
    {
      tool: 'flux-kustomization',
      who: 'Flux Kustomization apps -n flux-system',
      writes: 'soon',
      suspend: 'flux suspend kustomization apps -n flux-system',
    },
  ],
  'a Flux HelmRelease rather than the Helm release it makes': [
    {
      ...release,
      labels: { ...helm.labels, 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'shop' },
    },
    {
      tool: 'flux-helmrelease',
      who: 'Flux HelmRelease web -n shop',
      writes: 'soon',
      suspend: 'flux suspend helmrelease web -n shop',
    },
  ],
  'a Helm release, which writes when somebody upgrades it': [
    { ...helm, ...release },
    { tool: 'helm', who: 'Helm release web -n shop', writes: 'next-run' },
  ],
  'the controller that owns it': [
    { ownerReferences: [{ ...owner, controller: true }] },
    {
      tool: 'controller',
      who: 'the controller of Shop main',
      writes: 'soon',
      suspend: 'scale down the controller of Shop objects, or restore Shop main with it',
    },
  ],
  'whoever else applies it': [
    applied('config-connector'),
    { tool: 'apply', who: "the server-side apply of 'config-connector'", writes: 'soon' },
  ],
};
test.each(Object.entries(managed))('finds %s', (_, [metadata, expected]) => {
  expect(managedBy(service(metadata))).toEqual(expected);
});

const unmanaged: Record<string, Omit<ObjectMeta, 'name'>> = {
  'an object that nobody marked': {},
  'an object that a person applied': applied('kubectl'),
  'an object that a controller updated': applied('kube-controller-manager', 'Update'),
  'an object of which a controller applies the status only': applied('gateway', 'Apply', 'status'),
  'a tracking annotation that was copied from another object': tracked('shop:apps/Deployment:shop/web'),
  'a label of Argo CD without its field manager': { labels: { 'app.kubernetes.io/instance': 'shop' } },
  "Helm's label without a release": helm,
  'an owner that does not control it': { ownerReferences: [owner] },
};
test.each(Object.entries(unmanaged))('%s is not managed', (_, metadata) => {
  expect(managedBy(service(metadata))).toBeUndefined();
});

test('an Argo CD application is known although the name of its object has a colon', () => {
  const role = { ...service(tracked('rbac:rbac.authorization.k8s.io/ClusterRole:/shop:admin')), kind: 'ClusterRole' };
  expect(managedBy({ ...role, metadata: { ...role.metadata, name: 'shop:admin' } })?.who).toBe(
    'Argo CD application rbac',
  );
});

test('a name that a shell would run is never part of a command', () => {
  expect(managedBy(service(tracked('$(reboot):/Service:shop/web')))).toBeUndefined();
  const labels = { 'kustomize.toolkit.fluxcd.io/name': '$(reboot)', 'kustomize.toolkit.fluxcd.io/namespace': 'a' };
  expect(managedBy(service({ labels }))?.suspend).toBeUndefined();
});
