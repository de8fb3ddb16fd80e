import {
  formatChangePath,
  formatRef,
  formatTextDiff,
  summarizeChanges,
  type HistoryStep,
  type ObjectHistory,
  type ObjectRef,
} from '@infrabackup/core';
import type { OutputFormat } from '../flags/output-flags.ts';
import { textDiffAside } from '../diff/text-diff-aside.ts';
import type { Shell } from '../shell.ts';
import { paintDiff } from './diff-lines.ts';
import { showList, type ListColumn } from './list-view.ts';
import { paint } from './paint.ts';
import { formatCount } from './quantity.ts';
import { showStructured } from './structured.ts';

/** How histories are shown. */
export interface HistoryViewOptions {
  readonly format: OutputFormat;
  readonly patch: boolean;
  readonly noHeaders: boolean;
  readonly shell: Shell;
}

/** Prints the histories of one object, one for each cluster, each with the newest version first. */
export async function showHistories(
  ref: ObjectRef,
  histories: readonly ObjectHistory[],
  { format, patch, noHeaders, shell }: HistoryViewOptions,
): Promise<void> {
  if (format === 'json' || format === 'yaml') {
    const clusters = await Promise.all(histories.map(itemOf));
    return showStructured({ ...ref, clusters }, format, shell);
  }
  for (const [place, history] of histories.entries()) {
    if (histories.length > 1 && format === 'table') {
      const { context, server } = history.cluster;
      await shell.out.write(`${place > 0 ? '\n' : ''}Cluster: ${context ?? server}\n`);
    }
    if (patch && format === 'table') await showPatches(ref, history, shell);
    else {
      const rows = await Array.fromAsync(history.steps());
      const view = { rows, columns, name: nameOf, item: (step: HistoryStep) => step.span, whenEmpty: '' };
      await showList(view, format, noHeaders, shell);
    }
  }
}

const columns: readonly ListColumn<HistoryStep>[] = [
  { header: 'SINCE', text: ({ span }) => span.first.startedAt },
  { header: 'FIRST BACKUP', text: ({ span }) => span.first.name },
  { header: 'LAST BACKUP', text: ({ span }) => span.last.name },
  { header: 'BACKUPS', text: ({ span }) => String(span.backups) },
  { header: 'CHANGE', text: describeStep },
];

/** The newest backup that has the version. */
function nameOf({ span }: HistoryStep): string {
  return span.last.name;
}

function describeStep({ span, before, changes }: HistoryStep): string {
  if (span.kind === 'absent') return 'deleted';
  if (before === undefined) return span.recreated ? 'created again' : 'first seen';
  const summary = summarizeChanges(changes);
  return span.recreated ? ['created again', summary].filter((part) => part !== '').join(', ') : summary;
}

/** Like `git log -p`: a heading a version, then what changed. */
async function showPatches(ref: ObjectRef, history: ObjectHistory, shell: Shell): Promise<void> {
  const spans = history.spans.toReversed();
  let place = 0;
  for await (const step of history.steps()) {
    if (shell.out.isClosed) return;
    const { span, before, after, crd } = step;
    const until = span.backups === 1 ? '' : ` to ${span.last.name}`;
    const what = span.kind === 'absent' ? 'absent from' : 'version of';
    const heading = `${what} ${span.first.name}${until} (${formatCount(span.backups, 'backup')})`;
    await shell.out.write(
      `${place > 0 ? '\n' : ''}${paint('yellow', heading, shell.out)}\nSince:  ${span.first.startedAt}\nChange: ${describeStep(step)}\n`,
    );
    const older = spans[place + 1];
    place += 1;
    if (span.kind === 'absent') continue;
    const lines = formatTextDiff(await textDiffAside(before, after, { crd }, shell.signal), {
      title: formatRef(ref),
      before: before === undefined ? '/dev/null' : (older?.last.name ?? '/dev/null'),
      after: span.first.name,
    });
    if (lines.length > 0) await shell.out.write(`\n${paintDiff(lines, shell.out)}`);
  }
}

/** What programs get of a history. */
async function itemOf(history: ObjectHistory): Promise<unknown> {
  const steps = await Array.fromAsync(history.steps());
  const versions = steps.map(({ span, changes }) => ({
    ...span,
    changes: changes.map((change) => ({ ...change, path: formatChangePath(change.path) })),
  }));
  return { cluster: history.cluster, versions };
}
