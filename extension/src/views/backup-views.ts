import { formatRef, refKey, typeName, type BackupEncryption } from '@infrabackup/core';
import { backupDocument } from '../documents/document-uri.ts';
import {
  nameOf,
  type BackupNode,
  type BackupTreeNode,
  type BrokenBackupNode,
  type ObjectNode,
  type OtherBackupNode,
  type ShownSummary,
  type WholeBackupNode,
} from './backup-nodes.ts';
import type { Fact, ItemView } from './item-view.ts';
import { formatBytes, formatCount, formatWhen } from './quantity.ts';

/** What rows need beyond their node. */
export interface ViewOptions {
  readonly nowMs: () => number;
}

/** How a row of the Backups view looks. */
export function viewOf(node: BackupTreeNode, { nowMs }: ViewOptions): ItemView {
  switch (node.kind) {
    case 'location':
      return {
        id: node.location,
        label: node.location,
        // Where the built-in one lies is the system's affair, and long.
        description: node.isBuiltIn ? undefined : shownUri(node.uri),
        facts: [['Location', node.uri]],
        icon: { id: 'archive' },
        flags: ['location', ...(node.isBuiltIn ? ['builtin'] : [])],
        expands: 'at-once',
        accessibleName: `Location ${node.location}, ${shownUri(node.uri)}`,
      };
    case 'backup':
      return backupView(node, nowMs());
    case 'other-backup':
      return otherView(node, nowMs());
    case 'broken-backup':
      return brokenView(node);
    case 'namespace': {
      const label = node.namespace ?? 'Cluster-scoped';
      return {
        id: `${idOf(node.parent)}/${node.namespace ?? ''}`,
        label,
        description: node.count.toLocaleString('en'),
        icon: { id: node.namespace === undefined ? 'globe' : 'symbol-namespace' },
        flags: ['namespace', ...(node.namespace === undefined ? ['clusterwide'] : [])],
        expands: 'on-demand',
        accessibleName: `${node.namespace === undefined ? label : `Namespace ${label}`}, ${formatCount(node.count, 'object')}`,
      };
    }
    case 'type': {
      const name = typeName(node.type);
      return {
        id: `${idOf(node.parent.parent)}/${node.parent.namespace ?? ''}/${name}`,
        label: node.type.kind,
        description: `${node.count.toLocaleString('en')}${node.type.group === '' ? '' : ` · ${node.type.group}`}`,
        facts: [
          ['Type', name],
          ['Version', node.type.version],
        ],
        icon: { id: 'symbol-class' },
        flags: ['type'],
        expands: 'on-demand',
        accessibleName: `${node.type.kind}, ${formatCount(node.count, 'object')}`,
      };
    }
    case 'object':
      return objectView(node);
    case 'more':
      return {
        id: `${viewOf(node.parent, { nowMs }).id}/…`,
        label: `Show more (${node.remaining.toLocaleString('en')} left)`,
        icon: { id: 'ellipsis' },
        flags: ['more'],
        expands: 'never',
        accessibleName: `Show more, ${formatCount(node.remaining, 'object')} left`,
        command: { id: 'infrabackup.showMore', title: 'Show More' },
      };
    case 'notice':
      return {
        id: `${node.parent.kind === 'location' ? node.parent.location : idOf(node.parent)}/notice`,
        label: node.text,
        facts: node.problem?.hint === undefined ? undefined : [['What to do', node.problem.hint]],
        icon: node.problem === undefined ? { id: 'info' } : { id: 'warning', colour: 'list.warningForeground' },
        flags: ['notice', ...(node.problem === undefined ? [] : ['failed'])],
        expands: 'never',
        accessibleName: node.problem === undefined ? node.text : `Problem: ${node.text}`,
      };
  }
}

/** How many objects a backup has. */
export function objectCount(summary: ShownSummary): number {
  return summary.types.reduce((sum, { count }) => sum + count, 0);
}

function idOf(node: WholeBackupNode): string {
  return `${node.parent.location}/${nameOf(node)}`;
}

function backupView(node: BackupNode, nowMs: number): ItemView {
  const { summary } = node;
  const isPartial = summary.shortfalls.length > 0;
  const isExpired = summary.expiresAt !== undefined && Date.parse(summary.expiresAt) < nowMs;
  const state = isPartial ? 'partial' : isExpired ? 'expired' : 'complete';
  const when = formatWhen(summary.startedAt, nowMs);
  const count = formatCount(objectCount(summary), 'object');
  return {
    id: idOf(node),
    label: summary.name,
    description: [when, count, ...(state === 'complete' ? [] : [state])].join(' · '),
    facts: backupFacts(summary, nowMs),
    icon: isPartial ? { id: 'warning', colour: 'list.warningForeground' } : { id: 'package' },
    flags: ['backup', state],
    expands: 'on-demand',
    accessibleName: `Backup ${summary.name}, ${state}, taken ${when}, ${count}`,
  };
}

function backupFacts(summary: ShownSummary, nowMs: number): readonly Fact[] {
  const { cluster, encryption, expiresAt, shortfalls, warnings, labels } = summary;
  const secrets = warnings.find((warning) => warning.kind === 'secrets-in-clear');
  return [
    ['Taken', `${summary.startedAt} (${formatWhen(summary.startedAt, nowMs)})`],
    ['Cluster', `${cluster.context ?? cluster.server}, Kubernetes ${cluster.version}`],
    ['Objects', `${objectCount(summary).toLocaleString('en')} of ${formatCount(countTypes(summary), 'type')}`],
    ...(summary.archive === undefined ? [] : [['Size', formatBytes(summary.archive.sizeBytes)] as const]),
    ['Selection', summary.selection.preset ?? 'custom'],
    ...Object.entries(labels).map(([name, value]): Fact => ['Label', `${name}=${value}`]),
    ...(expiresAt === undefined ? [] : [['Expires', `${expiresAt} (${formatWhen(expiresAt, nowMs)})`] as const]),
    ...(shortfalls.length === 0 ? [] : [['Incomplete', formatCount(shortfalls.length, 'shortfall')] as const]),
    ...(encryption === null ? [] : [['Encrypted', encryptedTypes(encryption)] as const]),
    ...(secrets === undefined ? [] : [['Secrets', `${formatCount(secrets.count, 'Secret')} lie in clear`] as const]),
    ...(summary.digest === undefined ? [] : [['Digest', summary.digest] as const]),
  ];
}

function encryptedTypes({ keys, age }: BackupEncryption): string {
  const count = keys.reduce((sum, { types }) => sum + types.length, 0);
  const by = age === undefined ? `by ${keys.map(({ name }) => name).join(', ')}` : 'for age recipients';
  return `${formatCount(count, 'type')}, ${by}`;
}

function countTypes({ types }: ShownSummary): number {
  return types.filter(({ count }) => count > 0).length;
}

function otherView(node: OtherBackupNode, nowMs: number): ItemView {
  const { name, tool, objects, head } = node.listed;
  const when = formatWhen(head.startedAt, nowMs);
  const counted = objects === undefined ? [] : [formatCount(objects, 'object')];
  return {
    id: idOf(node),
    label: name,
    description: [when, ...counted, tool].join(' · '),
    facts: [
      ['Taken', `${head.startedAt} (${when})`],
      ['Made by', head.tool],
      ...Object.entries(head.labels).map(([label, value]): Fact => ['Label', `${label}=${value}`]),
      ...(head.expiresAt === undefined
        ? []
        : [['Expires', `${head.expiresAt} (${formatWhen(head.expiresAt, nowMs)})`] as const]),
    ],
    icon: { id: 'package' },
    flags: ['backup', 'other'],
    expands: 'on-demand',
    accessibleName: [`Backup ${name}`, `made by ${tool}`, `taken ${when}`, ...counted].join(', '),
  };
}

function brokenView({ parent, name, problem }: BrokenBackupNode): ItemView {
  return {
    id: `${parent.location}/${name}`,
    label: name,
    description: 'cannot be read',
    facts: [
      ['Problem', problem.message],
      ...(problem.hint === undefined ? [] : [['What to do', problem.hint] as const]),
    ],
    icon: { id: 'error', colour: 'list.errorForeground' },
    flags: ['backup', 'broken'],
    expands: 'never',
    accessibleName: `Backup ${name} cannot be read: ${problem.message}`,
  };
}

function objectView({ entry, parent }: ObjectNode): ItemView {
  const backup = parent.parent.parent;
  return {
    id: `${idOf(backup)}//${refKey(entry)}`,
    label: entry.name,
    facts: [
      ['Object', formatRef(entry)],
      ['Size', formatBytes(entry.sizeBytes)],
    ],
    icon: { id: parent.type.kind === 'Secret' && parent.type.group === '' ? 'lock' : 'file-code' },
    flags: ['object'],
    expands: 'never',
    accessibleName: `${parent.type.kind} ${entry.name}`,
    resource: backupDocument(backup.parent.location, backup.summary.name, entry),
    command: { id: 'infrabackup.openObject', title: 'Open' },
  };
}

/** A folder by its path, everything else by its URI. */
function shownUri(uri: string): string {
  return uri.startsWith('file:///') ? decodeURIComponent(uri.slice('file://'.length)) : uri;
}
