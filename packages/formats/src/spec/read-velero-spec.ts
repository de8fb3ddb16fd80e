import { AppError, type SelectionRule } from '@infrabackup/core';
import type { Fields } from '../fields.ts';
import type { BackupSpec } from './backup-spec.ts';
import { parseKeepTime } from './duration.ts';
import { readLabelSelector } from './label-selector.ts';

/** Objects with this label are in no backup of Velero's. Source: https://velero.io/docs/main/resource-filtering/ */
export const excludedLabel = 'velero.io/exclude-from-backup!=true';

/** What a Velero `Backup` object asks for. Source: https://velero.io/docs/main/api-types/backup/ */
export function readVeleroBackup(fields: Fields): BackupSpec {
  const { name, labels } = readMetadata(fields, 'backup');
  const spec = fields.map('spec');
  return { name, dialect: 'velero-backup', labels, ...readBackupSpec(spec, name, fields.where) };
}

/** What a Velero `Schedule` object asks for, and when. Source: https://velero.io/docs/main/api-types/schedule/ */
export function readVeleroSchedule(fields: Fields): BackupSpec {
  const { name, labels } = readMetadata(fields, 'schedule');
  const spec = fields.map('spec');
  const cron = spec?.text('schedule');
  if (spec === undefined || cron === undefined) throw new AppError('USAGE', `${fields.where} has no spec.schedule`);
  const schedule = {
    cron,
    paused: spec.truth('paused') ?? false,
    skipImmediately: spec.truth('skipImmediately') ?? false,
    useOwnerReferencesInBackup: spec.truth('useOwnerReferencesInBackup') ?? false,
  };
  const template = spec.map('template');
  spec.end();
  return { name, dialect: 'velero-schedule', labels, schedule, ...readBackupSpec(template, name, fields.where) };
}

function readMetadata(fields: Fields, otherwise: string): Pick<BackupSpec, 'name' | 'labels'> {
  const metadata = fields.map('metadata');
  const labels = Object.entries(metadata?.textMap('labels') ?? {}).filter(([key]) => !key.startsWith('velero.io/'));
  return { name: metadata?.text('name') ?? otherwise, labels: Object.fromEntries(labels) };
}

function readBackupSpec(
  fields: Fields | undefined,
  preset: string,
  where: string,
): Pick<BackupSpec, 'selection' | 'ttlMs' | 'notes'> {
  if (fields === undefined) return { selection: { preset, rules: [{ labelSelector: excludedLabel }] }, notes: [] };
  const labels = fields.map('metadata');
  labels?.rest();
  const selectors = readSelectors(fields);
  const rules = readRules(fields);
  const ttl = fields.text('ttl');
  const ttlMs = ttl === undefined ? undefined : parseKeepTime(ttl, `${where}: ttl`);
  return {
    selection: {
      preset,
      rules: rules.flatMap((rule) => selectors.map((labelSelector): SelectionRule => ({ ...rule, labelSelector }))),
    },
    ...(ttlMs !== undefined && { ttlMs }),
    notes: fields
      .rest()
      .filter((name) => !meansNothing(fields.any(name)) && !ours.has(name))
      .map((name) => `${name} is not taken over: it is not about which objects are backed up`),
  };
}

/** Members that say where a backup of Velero's goes. */
const ours: ReadonlySet<string> = new Set(['storageLocation']);

/** Velero writes empty members where nothing is asked. */
function meansNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === false ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.values(value).every(meansNothing))
  );
}

/** Any of the selectors has to match; what bears the label that excludes it never does. */
function readSelectors(fields: Fields): readonly string[] {
  const one = readLabelSelector(fields.map('labelSelector'));
  const several = (fields.maps('orLabelSelectors') ?? []).map((selector) => readLabelSelector(selector) ?? '');
  if (one !== undefined && several.length > 0) {
    throw new AppError('USAGE', `${fields.where} has labelSelector and orLabelSelectors, of which Velero takes one`);
  }
  const asked = several.length > 0 ? several : [one ?? ''];
  return asked.map((selector) => [selector, excludedLabel].filter((part) => part !== '').join(','));
}

/** An empty list is none in Velero, and `*` in a list is all. */
function listOf(fields: Fields, member: string): readonly string[] | undefined {
  const names = fields.texts(member);
  return names === undefined || names.length === 0 ? undefined : names;
}

function readRules(fields: Fields): readonly SelectionRule[] {
  const included = listOf(fields, 'includedNamespaces');
  const excluded = listOf(fields, 'excludedNamespaces');
  const namespaces: SelectionRule = {
    ...(included !== undefined && !included.includes('*') && { includeNamespaces: included }),
    ...(excluded !== undefined && { excludeNamespaces: excluded }),
  };
  const resources = resourcesOf(listOf(fields, 'includedResources'), listOf(fields, 'excludedResources'));
  const clusterResources = fields.truth('includeClusterResources');
  const scoped = {
    cluster: [listOf(fields, 'includedClusterScopedResources'), listOf(fields, 'excludedClusterScopedResources')],
    namespaced: [
      listOf(fields, 'includedNamespaceScopedResources'),
      listOf(fields, 'excludedNamespaceScopedResources'),
    ],
  } as const;
  const isScoped = [...scoped.cluster, ...scoped.namespaced].some((names) => names !== undefined);
  if (!isScoped) {
    return [
      {
        ...namespaces,
        ...resources,
        ...(clusterResources !== undefined && { includeClusterResources: clusterResources }),
      },
    ];
  }
  if (Object.keys(resources).length > 0 || clusterResources !== undefined) {
    throw new AppError(
      'USAGE',
      `${fields.where} mixes filters by scope with the older ones, which Velero does not take`,
    );
  }
  const cluster = resourcesOf(...scoped.cluster);
  const isAllNamespaces = Object.keys(namespaces).length === 0;
  const wantsCluster = cluster.includeResources !== undefined || isAllNamespaces;
  const isNone = (names: readonly string[] | undefined): boolean => names?.includes('*') === true;
  return [
    ...(isNone(scoped.namespaced[1])
      ? []
      : [
          {
            ...namespaces,
            ...resourcesOf(...scoped.namespaced),
            ...(isAllNamespaces && { includeClusterResources: false }),
          },
        ]),
    // No namespace at all: only what lies in none.
    ...(wantsCluster && !isNone(scoped.cluster[1])
      ? [{ ...cluster, includeNamespaces: [], includeClusterResources: true }]
      : []),
  ];
}

function resourcesOf(included: readonly string[] | undefined, excluded: readonly string[] | undefined): SelectionRule {
  return {
    ...(included !== undefined && !included.includes('*') && { includeResources: included }),
    ...(excluded !== undefined && { excludeResources: excluded }),
  };
}
