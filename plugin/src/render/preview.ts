import {
  typeName,
  type BackupPlan,
  type Encryption,
  type LeftOut,
  type TypeCounts,
  type TypeName,
} from '@infrabackup/core';
import { formatCount, formatNumber } from './quantity.ts';
import { renderTable } from './table.ts';

/** What a backup would hold, as `create --dry-run -o json` prints it. */
export interface Preview {
  readonly name: string;
  readonly location: string;
  readonly cluster: BackupPlan['cluster'];
  readonly selection: BackupPlan['selection'];
  /** Null where the objects may not be counted. */
  readonly included: readonly {
    readonly type: TypeName;
    readonly count: number | null;
    readonly namespaces?: readonly string[];
    /** The name of the key that it would be encrypted with, null for none; absent where nothing is to be encrypted. */
    readonly key?: string | null;
  }[];
  readonly excluded: readonly { readonly type: TypeName; readonly count?: number; readonly because: string }[];
  /** Types that the selection names and the cluster does not serve. */
  readonly unserved: readonly string[];
  readonly missingNamespaces: readonly string[];
  readonly undiscovered: BackupPlan['undiscovered'];
}

/** What the plan and the counts come to. */
export function previewOf(
  name: string,
  location: string,
  plan: BackupPlan,
  counts: TypeCounts,
  encryption?: Encryption,
): Preview {
  return {
    name,
    location,
    cluster: plan.cluster,
    selection: plan.selection,
    included: plan.types.map(({ type, namespaces }) => ({
      type: typeName(type),
      count: counts.get(typeName(type)) ?? null,
      ...(namespaces !== undefined && { namespaces }),
      ...(encryption !== undefined && { key: encryption.sealerOf(typeName(type))?.key.name ?? null }),
    })),
    excluded: plan.leftOut.map((row) => {
      const count = counts.get(typeName(row.type));
      return {
        type: typeName(row.type),
        ...(count !== undefined && { count }),
        because: reasonOf(row, plan.definitions === row.type),
      };
    }),
    unserved: plan.unserved,
    missingNamespaces: plan.missingNamespaces,
    undiscovered: plan.undiscovered,
  };
}

function reasonOf(row: LeftOut, isDefinitions: boolean): string {
  switch (row.because) {
    case 'noise':
      return `noise: ${row.reason}`;
    case 'not-listable':
      return 'cannot be listed';
    case 'not-selected':
      return isDefinitions ? 'not selected, but for those of the custom resources above' : 'not selected';
  }
}

/** The preview for people: what is in, what is out and why. Types without an object are only counted. */
export function renderPreview(preview: Preview): string {
  const { included, excluded } = preview;
  const filled = included.filter(({ count }) => count !== 0);
  const objects = included.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const uncounted = included.some(({ count }) => count === null) ? ' at least' : '';
  const missed = excluded.filter(({ count }) => (count ?? 0) > 0);
  const silent = excluded.filter(({ count, because }) => count === undefined && because !== 'not selected');
  const isEncrypted = included.some(({ key }) => key !== undefined);
  const sections = [
    `${preview.name} would hold${uncounted} ${formatCount(objects, 'object')} of ${formatCount(filled.length, 'type')}, in ${preview.location}\n` +
      `Cluster: Kubernetes ${preview.cluster.version} at ${preview.cluster.server}\n`,
    renderTable([
      ['TYPE', 'OBJECTS', 'NAMESPACES', ...(isEncrypted ? ['KEY'] : [])],
      ...filled.map(({ type, count, namespaces, key }) => [
        type,
        count === null ? '?' : formatNumber(count),
        namespaces?.join(',') ?? '',
        ...(isEncrypted ? [key ?? 'in clear'] : []),
      ]),
    ]),
    included.length === filled.length
      ? ''
      : `Looked for, without an object now: ${included
          .filter(({ count }) => count === 0)
          .map(({ type }) => type)
          .join(', ')}\n`,
    missed.length === 0
      ? ''
      : `Not in this backup:\n${renderTable(missed.map(({ type, count, because }) => [`  ${type}`, formatNumber(count ?? 0), because]))}`,
    silent.length === 0 ? '' : `Left out:\n${renderTable(silent.map(({ type, because }) => [`  ${type}`, because]))}`,
    listOf('Named, but not served by this cluster', preview.unserved),
    listOf('Named, but no namespace of this cluster', preview.missingNamespaces),
    listOf(
      'Could not be asked for, so nothing of it would be in',
      preview.undiscovered.map(({ groupVersion, message }) => `${groupVersion} (${message})`),
    ),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function listOf(title: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${title}: ${names.join(', ')}\n`;
}
