import type { ClusterReader } from '../../cluster/reader.ts';
import { isAppError } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { typeName, type ResourceType, type TypeName } from '../../object/resource-type.ts';
import { childOf, itemsOf, textOf, type Draft } from '../draft.ts';
import type { PlannedObject, PlanWarning } from '../restore-plan.ts';

const configurations = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
];

/**
 * Live webhooks that writes of the plan must pass and whose Service has nobody behind it. Selectors of namespaces and
 * objects are not asked: a webhook may be named that leaves these writes alone. What may not be read is passed over.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy
 */
export async function readWebhookHealth(
  objects: readonly PlannedObject[],
  types: Readonly<Record<TypeName, ResourceType>>,
  reader: ClusterReader,
  discovered: readonly ResourceType[],
  signal: AbortSignal | undefined,
): Promise<readonly PlanWarning[]> {
  const writes = countWrites(objects, types);
  const warnings: PlanWarning[] = [];
  const health = new Map<string, Promise<boolean>>();
  for (const name of configurations) {
    const type = discovered.find((served) => typeName(served) === name);
    if (type === undefined || writes.length === 0) continue;
    for (const configuration of (await listAll(reader, type, undefined, undefined, signal)) ?? []) {
      for (const webhook of itemsOf(configuration, 'webhooks')) {
        const asked = writes.filter((write) => itemsOf(webhook, 'rules').some((rule) => isAsked(rule, write)));
        const service = childOf(childOf(webhook, 'clientConfig'), 'service');
        if (asked.length === 0 || service === undefined) continue;
        const [namespace, own] = [textOf(service, 'namespace') ?? '', textOf(service, 'name') ?? ''];
        const key = `${namespace}/${own}`;
        if (!health.has(key)) health.set(key, isServiceUp(reader, discovered, namespace, own, signal));
        if (await health.get(key)!) continue;
        warnings.push({
          kind: 'webhook-away',
          configuration: configuration.metadata.name,
          webhook: textOf(webhook, 'name') ?? '',
          service: key,
          failurePolicy: textOf(webhook, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
          writes: asked.reduce((sum, { count }) => sum + count, 0),
        });
      }
    }
  }
  return warnings;
}

interface Writes {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly count: number;
}

function countWrites(
  objects: readonly PlannedObject[],
  types: Readonly<Record<TypeName, ResourceType>>,
): readonly Writes[] {
  const counted = new Map<string, Writes>();
  for (const { ref, verdict, write } of objects) {
    const type = types[ref.type];
    if (write === undefined || type === undefined) continue;
    const operations =
      verdict === 'replace'
        ? (['DELETE', 'CREATE'] as const)
        : ([verdict.toUpperCase() as Writes['operation']] as const);
    for (const operation of operations) {
      const key = `${operation} ${ref.type}`;
      const { group, plural: resource } = type;
      const scope = type.namespaced ? 'Namespaced' : 'Cluster';
      const count = (counted.get(key)?.count ?? 0) + 1;
      counted.set(key, { group, version: write.version, resource, scope, operation, count });
    }
  }
  return [...counted.values()];
}

/** Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules */
function isAsked(rule: Draft, write: Writes): boolean {
  const has = (list: string, value: string): boolean => {
    const values = rule[list];
    return Array.isArray(values) && (values.includes('*') || values.includes(value));
  };
  const scope = textOf(rule, 'scope') ?? '*';
  const resources = Array.isArray(rule['resources']) ? (rule['resources'] as unknown[]) : [];
  return (
    has('apiGroups', write.group) &&
    has('operations', write.operation) &&
    (scope === '*' || scope === write.scope) &&
    (resources.includes('*') || resources.includes('*/*') || resources.includes(write.resource)) &&
    // By default a webhook is asked about every version that means the same.
    (has('apiVersions', write.version) || Array.isArray(rule['apiVersions']))
  );
}

/** Whether somebody is behind a Service. Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready */
async function isServiceUp(
  reader: ClusterReader,
  discovered: readonly ResourceType[],
  namespace: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const type = discovered.find((served) => typeName(served) === 'endpointslices.discovery.k8s.io');
  if (type === undefined) return true;
  const slices = await listAll(reader, type, namespace, `kubernetes.io/service-name=${name}`, signal);
  // Who may not look behind it warns of nothing.
  if (slices === undefined) return true;
  return slices.some((slice) =>
    itemsOf(slice, 'endpoints').some((endpoint) => childOf(endpoint, 'conditions')?.['ready'] !== false),
  );
}

/** Undefined where it may not be listed. */
async function listAll(
  reader: ClusterReader,
  type: ResourceType,
  namespace: string | undefined,
  labelSelector: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Manifest[] | undefined> {
  const found: Manifest[] = [];
  try {
    for await (const { objects } of reader.list({ type, namespace, labelSelector, signal })) {
      for (const { bytes } of objects) found.push(JSON.parse(bytes.toString()) as Manifest);
    }
  } catch (error) {
    if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
    return undefined;
  }
  return found;
}
