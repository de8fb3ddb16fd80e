import { matchExpression, parseLabelSelector } from '../select/label-selector.ts';
import { isExpression } from '../select/pattern.ts';
import type { Selection, SelectionRule } from '../select/selection.ts';
import type { BackupHeader } from './summary.ts';

/** How objects lie in the tarball: each once, as we write them, or once more under its version, as Velero does. */
export type VeleroLayout = 'plain' | 'with-versions';

/**
 * What Velero is to believe of the tarball. From 1.1.0 on a server with the feature EnableAPIGroupVersions looks for
 * objects under their versions alone, and does not find, or dies of, those that lie there once.
 *
 * Source: https://github.com/velero-io/velero/blob/main/pkg/restore/prioritize_group_version.go
 */
const formatVersions: Readonly<Record<VeleroLayout, string>> = { plain: '1', 'with-versions': '1.1.0' };

/**
 * The text of `velero-backup.json`, by which Velero lists the backup and restores from it.
 *
 * The phase is always a terminal one, since servers before 1.19 take up any other as a backup to run. There is no
 * `expiration`: Velero's garbage collector would delete our files by it. The spec tells a selection of one rule as far
 * as Velero has words for it; a restore does not read it.
 *
 * Source: https://velero.io/docs/main/api-types/backup/
 */
export function veleroBackup(
  header: BackupHeader & { readonly completedAt: string },
  layout: VeleroLayout = 'plain',
): string {
  const count = header.types.reduce((total, type) => total + type.count, 0);
  const backup = {
    apiVersion: 'velero.io/v1',
    kind: 'Backup',
    metadata: {
      name: header.name,
      namespace: 'velero',
      labels: header.labels,
      annotations: { 'velero.io/source-cluster-k8s-gitversion': header.cluster.version },
    },
    spec: { ...veleroSpec(header.selection), storageLocation: 'default', hooks: {}, metadata: {} },
    status: {
      version: 1,
      formatVersion: formatVersions[layout],
      phase: header.shortfalls.length === 0 ? 'Completed' : 'PartiallyFailed',
      ...(header.shortfalls.length > 0 && { errors: header.shortfalls.length }),
      ...(header.warnings.length > 0 && { warnings: header.warnings.length }),
      startTimestamp: header.startedAt,
      completionTimestamp: header.completedAt,
      progress: { totalItems: count, itemsBackedUp: count },
    },
  };
  return `${JSON.stringify(backup, undefined, 2)}\n`;
}

function veleroSpec(selection: Selection): object {
  const [rule, ...others] = selection.rules;
  if (rule === undefined || others.length > 0 || isBeyondVelero(rule)) return {};
  const { labelSelector, includeClusterResources } = rule;
  const matchExpressions =
    labelSelector === undefined ? [] : parseLabelSelector(labelSelector).map(matchExpression).filter(isKnown);
  return {
    ...(rule.includeNamespaces !== undefined && { includedNamespaces: rule.includeNamespaces }),
    ...(rule.excludeNamespaces !== undefined && { excludedNamespaces: rule.excludeNamespaces }),
    ...(rule.includeResources !== undefined && { includedResources: rule.includeResources }),
    ...(rule.excludeResources !== undefined && { excludedResources: rule.excludeResources }),
    ...(includeClusterResources !== undefined && { includeClusterResources }),
    ...(matchExpressions.length > 0 && { labelSelector: { matchExpressions } }),
  };
}

/** Whether Velero has no words for what the rule asks. */
function isBeyondVelero(rule: SelectionRule): boolean {
  const lists = [rule.includeNamespaces, rule.excludeNamespaces, rule.includeResources, rule.excludeResources];
  return (
    lists.some((names) => names?.some(isExpression)) ||
    [rule.apiVersion, rule.fieldSelector, rule.names, rule.excludeNames].some((condition) => condition !== undefined)
  );
}

function isKnown<T>(value: T | undefined): value is T {
  return value !== undefined;
}
