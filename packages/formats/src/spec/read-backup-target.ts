import { AppError, parseLabelSelector, type SelectionRule } from '@infrabackup/core';
import { Fields } from '../fields.ts';
import type { BackupSpec, SpecDialect, SpecSchedule } from './backup-spec.ts';
import { parseKeepTime } from './duration.ts';
import { selectorOfLabels } from './label-selector.ts';

const specMembers = [
  'include_namespaces',
  'include_resources',
  'exclude_namespaces',
  'exclude_resources',
  'include_cluster_resources',
  'label_selector',
  'ttl',
];

/** Whether the map is the specification of a backup target by itself, in one of its two spellings. */
export function isBareSpec(value: object): boolean {
  return Object.keys(value).some((key) => specMembers.includes(key.replaceAll('-', '_')));
}

/**
 * What a backup target of the `k8s_backup_target` interface means: one entry of `backup_targets`, the four flat keys,
 * or its predecessor with dashes (`velero_backup_config`), in which cluster-scoped objects are out unless asked for.
 *
 * Values may be JSON in a text, as relation data is. An absent list is all; an empty one selects nothing.
 *
 * Source: https://github.com/canonical/charmlibs (interfaces/k8s_backup_target)
 */
export function readBackupTarget(fields: Fields, dialect: SpecDialect = 'k8s-backup-target'): BackupSpec {
  const target = unwrapped(fields);
  const who = { app: target.text('app'), relation: target.text('relation_name'), model: target.text('model') };
  const spec = target.map('spec');
  target.end();
  if (spec === undefined) throw new AppError('USAGE', `${fields.where} has no spec`);
  const labels = Object.fromEntries(Object.entries(who).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  // Refused here where they are no labels of a backup.
  selectorOfLabels(labels, fields.where);
  const name = [who.app, who.relation].filter((part) => part !== undefined).join(':') || 'backup-target';
  return { name, ...readSpec(spec, name, dialect), labels };
}

/** The specification without who asks for it. */
export function readBareSpec(fields: Fields): BackupSpec {
  return { name: 'backup-target', ...readSpec(fields, 'backup-target', 'k8s-backup-target'), labels: {} };
}

function readSpec(given: Fields, preset: string, wanted: SpecDialect): Omit<BackupSpec, 'name' | 'labels'> {
  const { fields, isDashed } = undashed(given);
  const clusterResources = fields.truth('include_cluster_resources') ?? (isDashed ? false : undefined);
  const labels = fields.textMap('label_selector');
  const labelSelector = labels === undefined ? '' : selectorOfLabels(labels, `${fields.where}.label_selector`);
  if (labelSelector !== '') parseLabelSelector(labelSelector);
  const rule = compact({
    includeNamespaces: fields.texts('include_namespaces'),
    excludeNamespaces: fields.texts('exclude_namespaces'),
    includeResources: fields.texts('include_resources'),
    excludeResources: fields.texts('exclude_resources'),
    includeClusterResources: clusterResources,
    labelSelector: labelSelector === '' ? undefined : labelSelector,
  });
  const ttl = fields.text('ttl');
  const ttlMs = ttl === undefined ? undefined : parseKeepTime(ttl, `${fields.where}.ttl`);
  const schedule = readSchedule(fields);
  fields.end();
  return {
    dialect: isDashed ? 'velero-backup-config' : wanted,
    selection: { preset: preset.replaceAll(/[^A-Za-z0-9.-]+/g, '-'), rules: [rule] },
    ...(ttlMs !== undefined && { ttlMs }),
    ...(schedule !== undefined && { schedule }),
    notes: [],
  };
}

/** What Velero's charms add beside the seven keys. */
function readSchedule(fields: Fields): SpecSchedule | undefined {
  const cron = fields.text('schedule');
  const rest = {
    paused: fields.truth('paused') ?? false,
    skipImmediately: fields.truth('skip_immediately') ?? false,
    useOwnerReferencesInBackup: fields.truth('use_owner_references_in_backup') ?? false,
  };
  return cron === undefined ? undefined : { cron, ...rest };
}

/** The map with its keys in one spelling, and values that are JSON in a text read. */
function unwrapped(fields: Fields): Fields {
  const members = fields.rest().map((name) => {
    const value = fields.any(name);
    return [name.replaceAll('-', '_'), typeof value === 'string' ? unquoted(value) : value];
  });
  return new Fields(Object.fromEntries(members), fields.where);
}

function undashed(fields: Fields): { readonly fields: Fields; readonly isDashed: boolean } {
  const names = fields.rest();
  const members = names.map((name) => [name.replaceAll('-', '_'), fields.any(name)]);
  return {
    fields: new Fields(Object.fromEntries(members), fields.where),
    isDashed: names.some((name) => name.includes('-')),
  };
}

/** Relation data is text: a map or a quoted text in JSON means what it says. */
function unquoted(text: string): unknown {
  if (!/^\s*[{["]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Absent members are absent, never undefined: the selection is kept in the backup. */
function compact(rule: { readonly [Name in keyof SelectionRule]: SelectionRule[Name] | undefined }): SelectionRule {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}
