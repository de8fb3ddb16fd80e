import type { ClusterReader } from '../cluster/reader.ts';
import { isAppError } from '../errors/app-error.ts';
import { typeName } from '../object/resource-type.ts';
import type { BackupPlan } from './plan-backup.ts';

/**
 * The revision to read everything at: the newest, told by the first planned type that may be listed. Aggregated APIs
 * are not asked, since theirs may be another etcd's.
 */
export async function newestRevision(
  plan: BackupPlan,
  reader: ClusterReader,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const own = plan.types.filter((typePlan) => !plan.aggregated.has(typeName(typePlan.type)));
  const coreFirst = [...own].sort((a, b) => Number(a.type.group !== '') - Number(b.type.group !== ''));
  for (const { type, namespaces } of coreFirst) {
    try {
      const revision = await reader.currentRevision({ type, namespace: namespaces?.[0], signal });
      if (revision !== undefined) return revision;
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_FORBIDDEN', 'CLUSTER_ERROR', 'CLUSTER_PROTOCOL', 'CLUSTER_TIMEOUT')) throw error;
    }
  }
  return undefined;
}
