import type { Backup, BackupHeader, SelectionRule } from '@infrabackup/core';
import { typeName } from '@infrabackup/core';
import { formatAgeAt } from './age.ts';
import { describeShortfall, describeWarning } from './backup-notes.ts';
import { describeEncrypted, describeInClear } from './encryption-notes.ts';
import { formatBytes, formatCount, formatLabels, formatNumber } from './quantity.ts';
import { countsOf } from './shown-summary.ts';
import { renderTable } from './table.ts';

/** What `describe` tells of a backup. */
export function renderDescription({ header, summary }: Backup, uri: string, nowMs: number): string {
  const { cluster, selection, shortfalls, warnings } = header;
  const { objects, types } = countsOf(header);
  const uncompressed = header.types.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const context = cluster.context === undefined ? [] : [`context ${cluster.context}`];
  const uid = cluster.uid === undefined ? [] : [`uid ${cluster.uid}`];
  const archive = summary === undefined ? '' : `${formatBytes(summary.archive.sizeBytes)} archive, `;
  const inClear = describeInClear(header);
  const facts: readonly (readonly [string, string])[] = [
    ['Name', header.name],
    ['Location', uri],
    ['Created', `${header.startedAt} (${formatAgeAt(header.startedAt, nowMs)} ago)`],
    [
      'Status',
      shortfalls.length === 0 ? 'Complete' : `Partial: ${formatCount(shortfalls.length, 'shortfall')}, see below`,
    ],
    ['Expires', header.expiresAt ?? 'never'],
    ['Labels', formatLabels(header.labels)],
    ['Cluster', `Kubernetes ${[`${cluster.version} at ${cluster.server}`, ...context, ...uid].join(', ')}`],
    ['Revision', header.revision ?? '<unknown>'],
    ['Selection', selection.preset ?? selection.rules.map(describeRule).join(' or ')],
    ...(selection.within === undefined ? [] : [['Narrowed', describeRule(selection.within)] as const]),
    ['Encryption', describeEncrypted(header)],
    ...(inClear === undefined ? [] : [['In clear', inClear] as const]),
    ['Format', `${header.format}, written by ${header.tool}`],
    ['Size', `${archive}${formatBytes(header.index.sizeBytes)} index, ${formatBytes(uncompressed)} of objects`],
    ['Digest', summary?.digest ?? '<unknown: the tarball lies alone>'],
    ['Objects', `${formatNumber(objects)} of ${formatCount(types, 'type')}`],
  ];
  return [
    facts.map(([name, value]) => `${`${name}:`.padEnd(13)}${value}\n`).join(''),
    typeTable(header),
    namespaceTable(header),
    bulletList('Missing', shortfalls.map(describeShortfall)),
    bulletList('Warnings', warnings.map(describeWarning)),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function typeTable({ types }: BackupHeader): string {
  const filled = types.filter(({ count }) => count > 0);
  if (filled.length === 0) return '';
  return renderTable([
    ['TYPE', 'VERSION', 'OBJECTS', 'NAMESPACES', 'SIZE'],
    ...filled.map((type) => [
      typeName(type),
      type.version,
      formatNumber(type.count),
      type.namespaced ? formatNumber(Object.keys(type.namespaces).length) : '-',
      formatBytes(type.sizeBytes),
    ]),
  ]);
}

function namespaceTable({ types }: BackupHeader): string {
  const counts = new Map<string, number>();
  for (const { namespaces } of types) {
    for (const [name, count] of Object.entries(namespaces)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  if (counts.size === 0) return '';
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return renderTable([['NAMESPACE', 'OBJECTS'], ...rows.map(([name, count]) => [name, formatNumber(count)])]);
}

function bulletList(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
}

const conditions: readonly (readonly [keyof SelectionRule, string])[] = [
  ['includeNamespaces', 'namespaces'],
  ['excludeNamespaces', 'not namespaces'],
  ['includeResources', 'types'],
  ['excludeResources', 'not types'],
  ['includeClusterResources', 'cluster-scoped'],
  ['labelSelector', 'labels'],
  ['names', 'names'],
  ['excludeNames', 'not names'],
];

function describeRule(rule: SelectionRule): string {
  const parts = conditions.flatMap(([member, word]) => {
    const value = rule[member];
    if (value === undefined) return [];
    return `${word} ${String(value)}`;
  });
  if (rule.excludeNoise === false) parts.push('with noise');
  return parts.length === 0 ? 'everything but noise' : parts.join('; ');
}
