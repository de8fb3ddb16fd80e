import { canonicalJson } from '../../archive/canonical-json.ts';
import type { PlannedBackup } from '../restore-plan.ts';
import type { RestoreOptions } from '../restore-options.ts';
import type { RestoreRequest } from '../plan/restore-scope.ts';
import type { ClusterIdentity } from '../../cluster/reader.ts';
import type { ObjectRef } from '../../object/ref.ts';
import type { RunRecord, RunStore } from './run-store.ts';

/** What makes two restores the same: asking for it again means to go on. */
export interface SameRestore {
  readonly backup: PlannedBackup;
  readonly cluster: ClusterIdentity;
  readonly request: RestoreRequest;
  readonly options: RestoreOptions;
  readonly scaleDown: readonly ObjectRef[];
}

/**
 * The newest run into the cluster, where it was cut off while it did the very same; undefined when it did not, or another
 * one, such as its undo, has followed. What cannot be read is passed over.
 */
export async function findUnfinished(runs: RunStore, same: SameRestore): Promise<RunRecord | undefined> {
  for (const { id, kind } of await runs.list()) {
    const run = await runs.read(id).catch(() => undefined);
    if (run === undefined || clusterOf(run.plan.cluster) !== clusterOf(same.cluster)) continue;
    const isSame = kind === 'restore' && identityOf(run) === identityOf(asRun(same, run));
    return isSame && !run.records.some((record) => record.kind === 'finished') ? run : undefined;
  }
  return undefined;
}

function clusterOf({ uid, server }: ClusterIdentity): string {
  return uid ?? server;
}

type Identified = Pick<RunRecord, 'plan' | 'head'>;

function identityOf({ plan, head }: Identified): string {
  const { backup, cluster, options } = plan;
  return canonicalJson({
    backup: backup.digest ?? [backup.name, backup.takenAt],
    cluster: clusterOf(cluster),
    options,
    request: head.request ?? {},
    scaleDown: head.scaleDown,
  });
}

/** Where addresses are left to the cluster, the plan has settled them. */
function asRun({ backup, cluster, request, options, scaleDown }: SameRestore, { plan, head }: RunRecord): Identified {
  const settled = { ...options, addresses: options.addresses ?? plan.options.addresses };
  return { plan: { ...plan, backup, cluster, options: settled }, head: { ...head, request, scaleDown } };
}
