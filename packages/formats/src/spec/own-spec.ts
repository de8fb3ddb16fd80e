import { AppError, type ObjectRef, type Selection, type SelectionRule } from '@infrabackup/core';
import type { Fields } from '../fields.ts';
import type { BackupSpec } from './backup-spec.ts';
import { parseKeepTime } from './duration.ts';

/** What our own specifications call themselves. */
export const ownApiVersion = 'infrabackup.dev/v1alpha1';
/** See {@link ownApiVersion}. */
export const ownKind = 'BackupSpec';

/** What a specification of our own means: a `Selection` as it stands in backups, with labels, `ttl` and `schedule`. */
export function readOwnSpec(fields: Fields): BackupSpec {
  const metadata = fields.map('metadata');
  const name = metadata?.text('name') ?? 'spec';
  const labels = metadata?.textMap('labels') ?? {};
  metadata?.end();
  const spec = fields.map('spec');
  fields.any('apiVersion');
  fields.any('kind');
  fields.end();
  const selection = spec?.map('selection');
  if (spec === undefined || selection === undefined)
    throw new AppError('USAGE', `${fields.where} has no spec.selection`);
  const ttl = spec.text('ttl');
  const ttlMs = ttl === undefined ? undefined : parseKeepTime(ttl, `${fields.where}: ttl`);
  const schedule = spec.map('schedule');
  spec.end();
  return {
    ...{ name, dialect: 'infrabackup', labels, notes: [] },
    selection: readSelection(selection, name),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(schedule !== undefined && { schedule: readSchedule(schedule) }),
  };
}

function readSelection(fields: Fields, name: string): Selection {
  const within = fields.map('within');
  const exact = fields.truth('exact');
  const scaleDown = fields.maps('scaleDown')?.map(readRef);
  const selection = {
    preset: fields.text('preset') ?? name,
    rules: (fields.maps('rules') ?? []).map(readRule),
    ...(within !== undefined && { within: readRule(within) }),
    ...(exact !== undefined && { exact }),
    ...(scaleDown !== undefined && { scaleDown }),
  };
  fields.end();
  if (selection.rules.length === 0) throw new AppError('USAGE', `${fields.where} has no rules, so it selects nothing`);
  return selection;
}

function readRule(fields: Fields): SelectionRule {
  const rule = {
    apiVersion: fields.text('apiVersion'),
    includeNamespaces: fields.texts('includeNamespaces'),
    excludeNamespaces: fields.texts('excludeNamespaces'),
    includeResources: fields.texts('includeResources'),
    excludeResources: fields.texts('excludeResources'),
    includeClusterResources: fields.truth('includeClusterResources'),
    labelSelector: fields.text('labelSelector'),
    fieldSelector: fields.text('fieldSelector'),
    names: fields.texts('names'),
    excludeNames: fields.texts('excludeNames'),
    excludeNoise: fields.truth('excludeNoise'),
  };
  fields.end();
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined));
}

function readRef(fields: Fields): ObjectRef {
  const ref = { type: fields.text('type') ?? '', namespace: fields.text('namespace'), name: fields.text('name') ?? '' };
  fields.end();
  if (ref.type === '' || ref.name === '') throw new AppError('USAGE', `${fields.where} needs type and name`);
  const { namespace, ...rest } = ref;
  return { ...rest, ...(namespace !== undefined && { namespace }) };
}

function readSchedule(fields: Fields): NonNullable<BackupSpec['schedule']> {
  const cron = fields.text('cron');
  const schedule = {
    paused: fields.truth('paused') ?? false,
    skipImmediately: fields.truth('skipImmediately') ?? false,
    useOwnerReferencesInBackup: fields.truth('useOwnerReferencesInBackup') ?? false,
  };
  fields.end();
  if (cron === undefined) throw new AppError('USAGE', `${fields.where} has no cron`);
  return { cron, ...schedule };
}
