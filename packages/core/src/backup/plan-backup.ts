import { isAppError } from '../errors/app-error.ts';
import type { ClusterIdentity, ClusterReader, DiscoveryFailure } from '../cluster/reader.ts';
import { concurrently, withOwnSignal } from '../concurrently.ts';
import { apiServiceType, namespaceType } from '../object/known-types.ts';
import { typeName, type ResourceType, type TypeName } from '../object/resource-type.ts';
import { concernsGroup } from '../select/concerns-group.ts';
import {
  asksForNamespaces,
  planSelection,
  planWhole,
  selectorsOf,
  type SelectionPlan,
  type TypePlan,
} from '../select/plan-selection.ts';
import type { Selection } from '../select/selection.ts';

/** What a backup of this selection would read from this cluster, found without reading any object. */
export interface BackupPlan extends SelectionPlan {
  readonly selection: Selection;
  readonly cluster: ClusterIdentity;
  /** Groups that the selection asks for and discovery could not tell. */
  readonly undiscovered: readonly DiscoveryFailure[];
  /** Types that an aggregated API server serves: they have no revision in common with the rest. */
  readonly aggregated: ReadonlySet<TypeName>;
}

/**
 * Plans a backup: asks the cluster what it serves, and the selection what of it is meant.
 *
 * Throws what {@link planSelection} throws for a selection that cannot be meant, and what the reader throws.
 */
export async function planBackup(
  reader: ClusterReader,
  selection: Selection,
  signal?: AbortSignal,
): Promise<BackupPlan> {
  return withOwnSignal(signal, (asking) => askAndPlan(reader, selection, asking));
}

async function askAndPlan(reader: ClusterReader, selection: Selection, signal: AbortSignal): Promise<BackupPlan> {
  const askedForNamespaces = asksForNamespaces(selection) ? namesOf(reader, namespaceType, signal) : undefined;
  const askedForAggregated = aggregatedGroups(reader, signal);
  // Whether their failure counts is known once discovery has told that they are served.
  for (const asked of [askedForNamespaces, askedForAggregated]) asked?.catch(() => undefined);
  const [cluster, discovery] = await Promise.all([reader.identity(signal), reader.discover(signal)]);
  const served = new Set(discovery.types.map(typeName));
  const namespaces = served.has(typeName(namespaceType)) ? await askedForNamespaces : undefined;
  const aggregated = served.has(typeName(apiServiceType)) ? await askedForAggregated : new Set<string>();
  const plan = planSelection(selection, { types: discovery.types, namespaces });
  return {
    ...plan,
    selection,
    cluster,
    undiscovered: discovery.failures.filter(({ groupVersion }) =>
      concernsGroup(selection, groupVersion.split('/')[0] ?? ''),
    ),
    aggregated: new Set(discovery.types.filter((type) => aggregated.has(type.group)).map(typeName)),
  };
}

/** Objects of one type that a plan would read or leaves out; undefined where they may not be counted. */
export type TypeCounts = ReadonlyMap<TypeName, number | undefined>;

/** Counts, for a preview, the objects of planned types and of those that the selection leaves out. */
export async function countPlanned(reader: ClusterReader, plan: BackupPlan, signal?: AbortSignal): Promise<TypeCounts> {
  const counts = new Map<TypeName, number | undefined>();
  const leftOut: TypePlan[] = plan.leftOut
    .filter(({ because }) => because === 'not-selected')
    .map(({ type }) => planWhole(type));
  await concurrently(
    [...plan.types, ...leftOut],
    8,
    async (typePlan, innerSignal) => {
      counts.set(typeName(typePlan.type), await countType(reader, typePlan, innerSignal));
    },
    signal,
  );
  return counts;
}

async function countType(reader: ClusterReader, plan: TypePlan, signal: AbortSignal): Promise<number | undefined> {
  if (plan.onlyNames !== undefined) return plan.onlyNames.length;
  const selectors = selectorsOf(plan);
  try {
    let total = 0;
    for (const namespace of plan.namespaces ?? [undefined]) {
      total += await reader.count({ type: plan.type, namespace, ...selectors, signal });
    }
    return total;
  } catch (error) {
    if (isAppError(error, 'CLUSTER_FORBIDDEN', 'CLUSTER_ERROR', 'CLUSTER_PROTOCOL', 'CLUSTER_TIMEOUT'))
      return undefined;
    throw error;
  }
}

/** The names of all objects of a cluster-scoped type; undefined where they may not be listed. */
async function namesOf(
  reader: ClusterReader,
  type: ResourceType,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  const isListed = await readAll(reader, type, signal, (object) => names.push(object.name));
  return isListed ? names : undefined;
}

/**
 * The groups whose APIService stands for a server of its own. Those of the API server itself bear a label that says who
 * keeps them. A user who may not list APIServices sees none as aggregated.
 *
 * Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
async function aggregatedGroups(reader: ClusterReader, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const groups = new Set<string>();
  await readAll(reader, apiServiceType, signal, (object) => {
    // An APIService is named `<version>.<group>`; the core group's is `v1.`.
    if (object.labels()['kube-aggregator.kubernetes.io/automanaged'] === undefined) {
      groups.add(object.name.slice(object.name.indexOf('.') + 1));
    }
  });
  return groups;
}

async function readAll(
  reader: ClusterReader,
  type: ResourceType,
  signal: AbortSignal | undefined,
  onObject: (object: { readonly name: string; labels(): Readonly<Record<string, string>> }) => void,
): Promise<boolean> {
  try {
    for await (const batch of reader.list({ type, signal })) batch.objects.forEach(onObject);
    return true;
  } catch (error) {
    if (isAppError(error, 'CLUSTER_FORBIDDEN')) return false;
    throw error;
  }
}
