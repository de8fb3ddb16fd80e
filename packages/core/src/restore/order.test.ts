import { describe, expect, it } from 'vitest';
import { tierOf, tiers } from './order.ts';

describe('the order of types', () => {
  it.each([
    ['namespaces', 'customresourcedefinitions.apiextensions.k8s.io'],
    ['customresourcedefinitions.apiextensions.k8s.io', 'certificates.cert-manager.io'],
    ['priorityclasses.scheduling.k8s.io', 'deployments.apps'],
    ['limitranges', 'pods'],
    ['clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
    ['serviceaccounts', 'secrets'],
    ['persistentvolumes', 'persistentvolumeclaims'],
    ['persistentvolumeclaims', 'statefulsets.apps'],
    ['replicasets.apps', 'deployments.apps'],
    ['deployments.apps', 'certificates.cert-manager.io'],
    ['certificates.cert-manager.io', 'apiservices.apiregistration.k8s.io'],
    ['apiservices.apiregistration.k8s.io', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ])('%s come before %s', (first, then) => {
    expect(tierOf(first)).toBeLessThan(tierOf(then));
  });

  it('names no type twice', () => {
    const types = tiers.flatMap((tier) => tier.types);
    expect(new Set(types).size).toBe(types.length);
  });
});
