import { isExpression, isPattern, type BackupPlan, type JsonObject, type SelectionRule } from '@infrabackup/core';
import type { BackupSpec, SpecDialect } from './backup-spec.ts';
import { formatKeepTime } from './duration.ts';
import type { FormattedSpec } from './formatted-spec.ts';
import { formatResourceSet } from './format-resource-set.ts';
import { formatLabelSelector, labelsOfSelector } from './label-selector.ts';
import { ownApiVersion, ownKind } from './own-spec.ts';
import { excludedLabel } from './read-velero-spec.ts';
import { joinedRules, type JoinedRule } from './rule-within.ts';

/**
 * The specification in that dialect.
 *
 * A ResourceSet names one version of each type: `plan`, what the selection means on a cluster, tells it where the
 * specification does not. Throws USAGE for a ResourceSet without a plan that needs one.
 */
export function formatSpec(spec: BackupSpec, dialect: SpecDialect, plan?: BackupPlan): FormattedSpec {
  switch (dialect) {
    case 'infrabackup':
      return { documents: [formatOwn(spec)], lost: [] };
    case 'resource-set':
      return formatResourceSet(spec, plan);
    case 'velero-backup':
      return perRule(spec, (rule, name) => veleroObject(spec, 'Backup', name, backupSpec(spec, rule)), [
        ...(spec.schedule === undefined ? [] : ['schedule']),
      ]);
    case 'velero-schedule':
      return perRule(spec, (rule, name) => veleroObject(spec, 'Schedule', name, scheduleSpec(spec, rule)), [
        ...(spec.schedule === undefined ? ['when: the specification has no schedule, daily is written'] : []),
      ]);
    case 'k8s-backup-target':
      return perRule(spec, (rule, name) => target(spec, name, targetSpec(spec, rule)), labelsLost(spec));
    case 'k8s-backup-targets': {
      const { documents, lost } = formatSpec(spec, 'k8s-backup-target');
      return { documents: [{ backup_targets: documents }], lost };
    }
    case 'velero-backup-config': {
      const dashed = (rule: SelectionRule): JsonObject => {
        const members = Object.entries(targetSpec(spec, rule));
        return Object.fromEntries(members.map(([key, value]) => [key.replaceAll('_', '-'), value]));
      };
      return perRule(spec, (rule, name) => target(spec, name, dashed(rule)), labelsLost(spec));
    }
  }
}

function formatOwn({ name, labels, selection, ttlMs, schedule }: BackupSpec): JsonObject {
  return {
    apiVersion: ownApiVersion,
    kind: ownKind,
    metadata: { name, ...(Object.keys(labels).length > 0 && { labels }) },
    spec: {
      selection: selection as unknown as JsonObject,
      ...(ttlMs !== undefined && { ttl: formatKeepTime(ttlMs) }),
      ...(schedule !== undefined && { schedule: { ...schedule } }),
    },
  };
}

function perRule(
  spec: BackupSpec,
  format: (rule: JoinedRule['rule'], name: string) => JsonObject,
  alsoLost: readonly string[],
): FormattedSpec {
  const rules = joinedRules(spec.selection);
  const base = spec.name.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  const documents = rules.map(({ rule }, i) => format(rule, rules.length === 1 ? base : `${base}-${i + 1}`));
  const lost = [
    ...rules.flatMap((joined) => [...joined.lost, ...wordless(joined.rule)]),
    ...(spec.selection.exact === true ? ['that nothing else comes along (exact)'] : []),
    ...(spec.selection.scaleDown === undefined ? [] : ['workloads to scale down (scaleDown)']),
    ...alsoLost,
  ];
  return { documents, lost: [...new Set(lost)] };
}

/** What no dialect but ours and the ResourceSet has words for. */
function wordless(rule: SelectionRule): readonly string[] {
  const lists = [rule.includeNamespaces, rule.excludeNamespaces, rule.includeResources, rule.excludeResources];
  return [
    ...(['apiVersion', 'fieldSelector', 'names', 'excludeNames'] as const).filter((name) => rule[name] !== undefined),
    ...(lists.some((names) => names?.some(isExpression)) ? ['regular expressions'] : []),
  ];
}

function words(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.filter((name) => !isExpression(name));
}

function veleroObject(spec: BackupSpec, kind: string, name: string, body: JsonObject): JsonObject {
  const { labels } = spec;
  return {
    apiVersion: 'velero.io/v1',
    kind,
    metadata: { name, namespace: 'velero', ...(Object.keys(labels).length > 0 && { labels }) },
    spec: body,
  };
}

/** Source: https://velero.io/docs/main/api-types/backup/ */
function backupSpec({ ttlMs }: BackupSpec, rule: SelectionRule): JsonObject {
  const selector = withoutExcludedLabel(rule.labelSelector);
  return compact({
    includedNamespaces: words(rule.includeNamespaces),
    excludedNamespaces: words(rule.excludeNamespaces),
    includedResources: words(rule.includeResources),
    excludedResources: words(rule.excludeResources),
    includeClusterResources: rule.includeClusterResources,
    labelSelector: selector === '' ? undefined : formatLabelSelector(selector),
    ttl: ttlMs === undefined ? undefined : formatKeepTime(ttlMs),
  });
}

/** Source: https://velero.io/docs/main/api-types/schedule/ */
function scheduleSpec(spec: BackupSpec, rule: SelectionRule): JsonObject {
  const { cron, ...rest } = spec.schedule ?? { cron: '@daily' };
  return compact({ schedule: cron, ...rest, template: backupSpec(spec, rule) });
}

function target(spec: BackupSpec, name: string, body: JsonObject): JsonObject {
  const { app = name, model = 'default', relation = 'backup' } = spec.labels;
  return { app, relation_name: relation, model, spec: body };
}

function targetSpec({ ttlMs, schedule }: BackupSpec, rule: SelectionRule): JsonObject {
  const selector = withoutExcludedLabel(rule.labelSelector);
  return {
    ...compact({
      include_namespaces: words(rule.includeNamespaces),
      include_resources: words(rule.includeResources),
      exclude_namespaces: words(rule.excludeNamespaces),
      exclude_resources: words(rule.excludeResources),
      include_cluster_resources: rule.includeClusterResources,
      label_selector: selector === '' ? undefined : labelsOfSelector(selector),
      ttl: ttlMs === undefined ? undefined : formatKeepTime(ttlMs),
    }),
    ...(schedule !== undefined && {
      schedule: schedule.cron,
      paused: schedule.paused,
      skip_immediately: schedule.skipImmediately,
      use_owner_references_in_backup: schedule.useOwnerReferencesInBackup,
    }),
  };
}

/** A backup target selects by labels that are equal, and its lists hold no patterns. */
function labelsLost({ selection }: BackupSpec): readonly string[] {
  const rules = joinedRules(selection).map(({ rule }) => rule);
  const isPlain = (selector: string): boolean => selector === '' || labelsOfSelector(selector) !== undefined;
  const lists = rules.flatMap((rule) => [rule.includeNamespaces, rule.excludeNamespaces, rule.includeResources]);
  return [
    ...(rules.every((rule) => isPlain(withoutExcludedLabel(rule.labelSelector))) ? [] : ['labelSelector']),
    ...(lists.some((names) => names?.some((name) => isPattern(name) && !isExpression(name)))
      ? ['patterns are written as they are']
      : []),
  ];
}

function withoutExcludedLabel(selector = ''): string {
  return selector.replace(excludedLabel, '').replace(/,$/, '');
}

function compact(members: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}
