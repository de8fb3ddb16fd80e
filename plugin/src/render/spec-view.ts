import { formatRef, type SelectionRule } from '@infrabackup/core';
import type { BackupSpec } from '@infrabackup/formats';
import { renderTable } from './table.ts';

/** What each condition of a rule is called, in the order in which they are read. */
const conditions = {
  apiVersion: 'types served as',
  includeResources: 'types',
  excludeResources: 'but not types',
  includeNamespaces: 'namespaces',
  excludeNamespaces: 'but not namespaces',
  names: 'names',
  excludeNames: 'but not names',
  labelSelector: 'labels',
  fieldSelector: 'fields',
} as const satisfies Partial<Record<keyof SelectionRule, string>>;

/** A specification for people: what is in, for how long, and what is not taken over. */
export function renderSpec(spec: BackupSpec, keep: string | undefined): string {
  const { selection, schedule } = spec;
  const head = [
    ['Name', spec.name],
    ['Written as', spec.dialect],
    ['Keep', keep ?? 'for ever'],
    ...(schedule === undefined ? [] : [['Schedule', `${schedule.cron}${schedule.paused ? ' (paused)' : ''}`]]),
    ...Object.entries(spec.labels).map(([key, value]) => ['Label', `${key}=${value}`]),
    ...(selection.scaleDown ?? []).map((ref) => ['Scaled down while it is restored', formatRef(ref)]),
    ...spec.notes.map((note) => ['Note', note]),
  ];
  const sections = selection.rules.map((rule, i) => section(`Rule ${i + 1}`, rule));
  const joint =
    selection.exact === true
      ? 'An object is in when one of the rules takes it, and nothing comes along with it.'
      : 'An object is in when one of the rules takes it. Selected namespaces bring their Namespace along, custom resources their definition.';
  return [
    renderTable(head),
    `${joint}\n`,
    ...sections,
    ...(selection.within === undefined ? [] : [section('And always', selection.within)]),
  ].join('\n');
}

function section(title: string, rule: SelectionRule): string {
  const rows = Object.entries(conditions).flatMap(([name, words]) => {
    const value = rule[name as keyof typeof conditions];
    if (value === undefined) return [];
    return [[`  ${words}`, typeof value === 'string' ? value : value.length === 0 ? 'none' : value.join(', ')]];
  });
  const cluster = { true: 'in', false: 'out' }[String(rule.includeClusterResources)];
  if (cluster !== undefined) rows.push(['  cluster-scoped types', cluster]);
  if (rule.excludeNoise === false) rows.push(['  noise (events and the like)', 'in']);
  return `${title}\n${renderTable(rows.length === 0 ? [['  everything']] : rows)}`;
}
