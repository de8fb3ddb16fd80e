import {
  describeNote,
  describePlanWarning,
  describeReason,
  formatRef,
  formatRight,
  isWrite,
  tierName,
  type PlannedObject,
  type RestorePlan,
} from '@infrabackup/core';
import { countsLine } from '../diff/counts-line.ts';
import { paint } from '../render/paint.ts';
import { formatCount, formatNumber } from '../render/quantity.ts';
import { renderTable } from '../render/table.ts';
import type { Sink } from '../shell.ts';

/** So many objects of a kind are named one by one; of more, the first. */
const namedAtMost = 25;

/** A plan as it is shown before it is carried out: counts, order, what is changed, and all that stands in the way. */
export function renderPlan(plan: RestorePlan, title: string, sink: Sink): string {
  const { objects, counts, warnings } = plan;
  const by = (verdict: PlannedObject['verdict']): readonly PlannedObject[] =>
    objects.filter((object) => object.verdict === verdict);
  const changed = [...by('update'), ...by('replace'), ...by('delete')];
  return [
    `${paint('bold', title, sink)}\n`,
    countsLine(counts),
    orderTable(objects),
    section('Changes', changed, ({ verdict, notes }) => [verdict, ...notes.map(describeNote)].join('; ')),
    section(
      'Notes',
      by('create').filter(({ notes }) => notes.length > 0),
      ({ notes }) => notes.map(describeNote).join('; '),
    ),
    section('Conflicts', by('conflict'), ({ reason }) => describeReason(reason!)),
    section('Not served', by('unservable'), ({ reason }) => describeReason(reason!)),
    leftAlone(by('skip')),
    warnings.map((warning) => `${paint('yellow', 'warning:', sink)} ${describePlanWarning(warning)}\n`).join(''),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The rights that a plan needs and the user lacks, as one table. */
export function renderMissingRights({ missingRights }: RestorePlan): string {
  const rows = missingRights.map((right) => [
    right.verb,
    right.subresource === undefined ? right.type : `${right.type}/${right.subresource}`,
    right.namespace ?? '*',
  ]);
  return rows.length === 0 ? '' : renderTable([['VERB', 'RESOURCE', 'NAMESPACE'], ...rows]);
}

/** What would be refused, in a line. */
export function describeMissingRights({ missingRights }: RestorePlan): string {
  return missingRights.map(formatRight).join(', ');
}

function orderTable(objects: readonly PlannedObject[]): string {
  const tiers = new Map<string, Record<string, number>>();
  for (const { verdict, place } of objects) {
    if (!isWrite(verdict)) continue;
    const counts = tiers.get(tierName(place)) ?? {};
    counts[verdict] = (counts[verdict] ?? 0) + 1;
    tiers.set(tierName(place), counts);
  }
  if (tiers.size === 0) return '';
  const rows = [...tiers].map(([name, counts], index) => [String(index + 1), name, countsLine(counts).trimEnd()]);
  return renderTable([['ORDER', 'WHAT', 'WRITES'], ...rows]);
}

function section(title: string, objects: readonly PlannedObject[], what: (object: PlannedObject) => string): string {
  if (objects.length === 0) return '';
  const rows = objects.slice(0, namedAtMost).map((object) => [formatRef(object.ref), what(object)]);
  const more = objects.length - rows.length;
  return `${title}:\n${indented(renderTable(rows))}${more > 0 ? `  and ${formatNumber(more)} more\n` : ''}`;
}

function leftAlone(objects: readonly PlannedObject[]): string {
  if (objects.length === 0) return '';
  const groups = Map.groupBy(objects, ({ ref, reason }) => `${ref.type}\n${describeReason(reason!)}`);
  const rows = [...groups].map(([key, group]) => [formatCount(group.length, 'object'), ...key.split('\n')]);
  return `Left alone:\n${indented(renderTable(rows))}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
