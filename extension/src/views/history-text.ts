import { formatChangePath, type HistoryStep } from '@infrabackup/core';
import { formatCount, formatWhen } from './quantity.ts';

/** More paths than these are counted. */
const namedChanges = 3;

/** How a version of an object is offered: the backup that has it first, when, and what changed in it. */
export function stepText(
  { span, before, changes }: HistoryStep,
  nowMs: number,
): { label: string; description: string } {
  const backups = span.backups === 1 ? '' : ` to ${span.last.name} (${formatCount(span.backups, 'backup')})`;
  return {
    label: `${span.first.name}${backups}`,
    description: `${formatWhen(span.first.startedAt, nowMs)} · ${whatChanged()}`,
  };

  function whatChanged(): string {
    if (span.kind === 'version' && span.recreated) return 'created anew';
    if (before === undefined) return 'first seen';
    const paths = changes.slice(0, namedChanges).map(({ path }) => formatChangePath(path));
    const more = changes.length - paths.length;
    return paths.length === 0 ? 'the same' : `${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
}
