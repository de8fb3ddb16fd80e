import type { ApiClient } from '../cluster/api-client.ts';
import { listApiObjects, readApiResources, type ApiObject, type ApiResource } from './api-resources.ts';

/** Every object of a cluster as text, by `Kind.group namespace/name`. */
export type ClusterSnapshot = ReadonlyMap<string, string>;

export interface SnapshotOptions {
  /** Only these namespaces, and cluster-scoped objects; all unless given. */
  readonly namespaces?: readonly string[];
  /**
   * Also leaves out what controllers write in their own time: the status of built-in types, the counters of rollouts, and
   * what token controllers fill in.
   */
  readonly settled?: boolean;
}

/** What is written all the time, or by nobody who restores. */
const passing =
  /^(events|leases|endpoints|endpointslices|pods|nodes|componentstatuses|ipaddresses|csinodes|leasecandidates)$/;
/** Members that are others after an object was created again, or written to. */
const identity = new Set([
  // A Job's pods carry its uid.
  ...['controller-uid', 'batch.kubernetes.io/controller-uid'],
  ...['uid', 'resourceVersion', 'generation', 'observedGeneration', 'selfLink'],
  ...[
    'creationTimestamp',
    'time',
    'lastTransitionTime',
    'lastUpdateTime',
    'lastProbeTime',
    'lastScheduleTime',
    'startTime',
  ],
]);

/**
 * The whole cluster, modulo uids, resource versions, generations and times: read object by object with the harness's
 * own client, so that the product is not its own witness.
 */
export async function snapshotCluster(api: ApiClient, options: SnapshotOptions = {}): Promise<ClusterSnapshot> {
  const resources = (await readApiResources(api)).filter(
    ({ plural, verbs }) => verbs.includes('list') && !passing.test(plural),
  );
  const snapshot = new Map<string, string>();
  for (const resource of resources) {
    for (const object of await listApiObjects(api, resource)) {
      const { namespace, name } = object.metadata;
      if (namespace !== undefined && options.namespaces?.includes(namespace) === false) continue;
      const key = `${resource.kind}.${resource.group} ${namespace ?? ''}/${name}`;
      snapshot.set(key, JSON.stringify(sorted(options.settled === true ? settled(object, resource) : object), null, 1));
    }
  }
  return snapshot;
}

/** What differs from one snapshot to the other: a line an object, with the first lines that differ; empty when nothing does. */
export function snapshotDifferences(before: ClusterSnapshot, after: ClusterSnapshot): readonly string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    if (a === b) return [];
    if (a === undefined || b === undefined) return [`${key}: ${a === undefined ? 'appeared' : 'is gone'}`];
    const [left, right] = [a.split('\n'), b.split('\n')];
    const gone = left.filter((line) => !right.includes(line)).slice(0, 4);
    const come = right.filter((line) => !left.includes(line)).slice(0, 4);
    return [
      `${key}: ${gone.map((line) => `-${line.trim()}`).join(' ')} ${come.map((line) => `+${line.trim()}`).join(' ')}`,
    ];
  });
}

/** Members in one order, and without those that say which life of an object it is. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(([name]) => !identity.has(name))
    // Owners stand in managed fields by their uid.
    .map(([name, member]) => [name.replace(/^k:\{"uid":"[^"]*"\}$/, 'k:{"uid"}'), sorted(member)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const object = Object.fromEntries(members);
  const { managedFields } = object;
  if (Array.isArray(managedFields))
    object['managedFields'] = managedFields.map((entry) => JSON.stringify(entry)).sort();
  return object;
}

/** Counted by the deployment controller at each rollout. */
const rolloutCounters = /^deployment\.kubernetes\.io\//;
const filledIn = ['token', 'ca.crt', 'namespace'];

function settled(object: ApiObject, { group }: ApiResource): unknown {
  const { managedFields = [], annotations = {}, ...metadata } = object.metadata;
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io');
  const kept: Record<string, unknown> = {
    ...object,
    metadata: {
      ...metadata,
      annotations: Object.fromEntries(
        Object.entries(annotations).filter(
          ([name]) => !rolloutCounters.test(name) && name !== 'kubernetes.io/service-account.uid',
        ),
      ),
      managedFields: managedFields.filter(
        ({ subresource, manager }) => !(isBuiltIn && subresource === 'status') && manager !== 'kube-controller-manager',
      ),
    },
  };
  if (isBuiltIn) delete kept['status'];
  const { data } = object;
  if (object['type'] === 'kubernetes.io/service-account-token' && typeof data === 'object' && data !== null) {
    kept['data'] = Object.fromEntries(Object.entries(data).filter(([name]) => !filledIn.includes(name)));
  }
  return kept;
}
