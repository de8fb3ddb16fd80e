import type { BackupSummary } from '../archive/summary.ts';
import { compareUtf8 } from '../object/ref.ts';

/** What tells the age of a backup. */
type Aged = Pick<BackupSummary, 'startedAt' | 'cluster' | 'revision' | 'name'>;

/**
 * Orders backups by when they were taken, the older first, and always the same way.
 *
 * Times are whole seconds, and a script takes several backups in one: of those, a cluster's own revision tells which came
 * first (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). It does not go before the time,
 * since a cluster whose etcd was restored counts anew. Where nothing tells, names do.
 */
export function compareAge(a: Aged, b: Aged): number {
  return (
    compareUtf8(a.startedAt, b.startedAt) ||
    compareUtf8(clusterOf(a), clusterOf(b)) ||
    compareRevisions(a.revision, b.revision) ||
    compareUtf8(a.name, b.name)
  );
}

function clusterOf({ cluster }: Aged): string {
  return cluster.uid ?? cluster.server;
}

/** Without leading zeros the longer number is the greater one. */
function compareRevisions(a = '', b = ''): number {
  return a.length - b.length || compareUtf8(a, b);
}
