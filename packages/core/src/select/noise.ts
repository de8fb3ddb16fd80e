import type { RawObject } from '../object/raw-object.ts';

/** One row of what no restore wants: a type (pattern), or those of its objects that `only` tells. */
export interface NoiseRule {
  /** A type name, or a pattern of type names. */
  readonly type: string;
  readonly reason: string;
  readonly source: string;
  /** Which objects of the type; absent: the whole type, which then is not even listed. */
  readonly only?: (object: RawObject) => boolean;
}

/**
 * What preset `all` leaves out. Objects that are noise in one cluster and meant in another (pods without an owner,
 * replica sets, jobs) are stored: whether to restore them is decided at restore.
 */
export const noise: readonly NoiseRule[] = [
  {
    type: 'events',
    reason: 'a log of the past that expires by itself within hours',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/',
  },
  {
    type: 'events.events.k8s.io',
    reason: 'a log of the past that expires by itself within hours',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/',
  },
  {
    type: 'leases.coordination.k8s.io',
    reason: 'heartbeats of nodes and leaders; an old one would name a leader that is gone',
    source: 'https://kubernetes.io/docs/concepts/architecture/leases/',
  },
  {
    type: 'leasecandidates.coordination.k8s.io',
    reason: 'candidates of a running leader election',
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/coordinated-leader-election/',
  },
  {
    type: 'componentstatuses',
    reason: 'computed at each read and deprecated; has no revision',
    source: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/component-status-v1/',
  },
  {
    type: '*.metrics.k8s.io',
    reason: 'measurements of the moment, computed at each read',
    source: 'https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/',
  },
  {
    type: 'endpoints',
    reason: 'written by the endpoints controller from a Service',
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/#endpoints',
    only: (object) =>
      object.labels()['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller' ||
      object.annotations()['endpoints.kubernetes.io/last-change-trigger-time'] !== undefined ||
      // The API server's own list of its addresses, kept by its reconciler.
      (object.namespace === 'default' && object.name === 'kubernetes'),
  },
  {
    type: 'endpointslices.discovery.k8s.io',
    reason: 'written by the endpoint slice controllers from a Service',
    source: 'https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#management',
    only: (object) => {
      const manager = object.labels()['endpointslice.kubernetes.io/managed-by'];
      return (
        manager === 'endpointslice-controller.k8s.io' ||
        manager === 'endpointslicemirroring-controller.k8s.io' ||
        (object.namespace === 'default' && object.name === 'kubernetes')
      );
    },
  },
];
