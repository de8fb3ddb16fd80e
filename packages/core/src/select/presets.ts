import type { Selection } from './selection.ts';

/** The name of a ready-made selection. */
export type PresetName = (typeof presetNames)[number];

/** Every preset, the default first. */
export const presetNames = ['all', 'infra'] as const;

/** The namespaces of preset `infra` where the user names none: the default of the charm's option `namespaces`. */
export const infraNamespaces: readonly string[] = ['kube-system', 'kube-public', 'metallb-system'];

/**
 * What the Infra Backup Operator takes from every namespace: its code's list, then what its README promises and the
 * code forgot (TCPRoutes, Namespaces), then UDPRoutes, the one route of the Gateway API that would still be missing.
 *
 * Source: https://github.com/canonical/infra-backup-operator (src/charm.py, README.md)
 */
export const infraTypes: readonly string[] = [
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'networkpolicies.networking.k8s.io',
  'resourcequotas',
  'limitranges',
  'serviceaccounts',
  'gateways.gateway.networking.k8s.io',
  'grpcroutes.gateway.networking.k8s.io',
  'httproutes.gateway.networking.k8s.io',
  'tlsroutes.gateway.networking.k8s.io',
  'ingresses.networking.k8s.io',
  'configmaps',
  'secrets',
  'cronjobs.batch',
  'jobs.batch',
  'horizontalpodautoscalers.autoscaling',
  'verticalpodautoscalers.autoscaling.k8s.io',
  'ciliumnetworkpolicies.cilium.io',
  'tcproutes.gateway.networking.k8s.io',
  'udproutes.gateway.networking.k8s.io',
];

/** What the charm leaves out of its cluster half beside the types above, which the other half takes. */
const infraExcluded: readonly string[] = ['persistentvolumes', 'pods'];

/** Everything but noise: the selection of a `create` without flags. */
export function presetAll(): Selection {
  return { preset: 'all', rules: [{}] };
}

/**
 * The two halves of the Infra Backup Operator in one archive: what makes up the cluster (cluster-scoped objects, and
 * the infrastructure namespaces' own), and the policy and configuration types of every namespace, with the namespaces.
 */
export function presetInfra(namespaces: readonly string[] = infraNamespaces): Selection {
  return {
    preset: 'infra',
    rules: [
      {
        includeNamespaces: namespaces,
        excludeResources: [...infraTypes, ...infraExcluded],
        includeClusterResources: true,
      },
      { includeResources: [...infraTypes, 'namespaces'] },
    ],
  };
}
