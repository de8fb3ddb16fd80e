import {
  formatRef,
  objectsOfRun,
  refKey,
  summarizeRun,
  type ObjectOutcome,
  type RunObject,
  type RunRecord,
  type RunStatus,
  type RunSummary,
} from '@infrabackup/core';
import type { Fact, ItemIcon, ItemView } from './item-view.ts';
import { formatCount, formatWhen } from './quantity.ts';

/** A restore or an undo that was begun. */
export interface RunNode {
  readonly kind: 'run';
  readonly run: RunRecord;
  /** The undo that has taken it back, by its id. */
  readonly undoneBy: string | undefined;
}

/** What became of one object in it. */
export interface ResultNode {
  readonly kind: 'result';
  readonly parent: RunNode;
  readonly object: RunObject;
}

/** Any row of a run. */
export type RunTreeNode = RunNode | ResultNode;

/** Results that a run shows: what was left comes first, and nobody reads further. */
const shownResults = 1_000;

/** A row for each run; newest first, so that whatever takes a run back stands before it. */
export function runNodes(newestFirst: readonly RunRecord[]): readonly RunNode[] {
  const undoneBy = new Map<string, string>();
  return newestFirst.map((run): RunNode => {
    const { id, undoes } = run.head;
    const takenBackBy = undoneBy.get(id);
    const counts = undoes !== undefined && takenBackBy === undefined && summarizeRun(run).status === 'done';
    if (counts) undoneBy.set(undoes, id);
    return { kind: 'run', run, undoneBy: takenBackBy };
  });
}

/** The results of a run: what is not as it should be first, else in the order of writing. */
export function resultsOf(parent: RunNode): readonly ResultNode[] {
  const isWell = ({ outcome }: RunObject): boolean => outcome !== undefined && outcome !== 'left';
  return objectsOfRun(parent.run)
    .toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)))
    .slice(0, shownResults)
    .map((object) => ({ kind: 'result', parent, object }));
}

/** How a row of a run looks. */
export function runView(node: RunTreeNode, nowMs: number): ItemView {
  return node.kind === 'run' ? viewOfRun(node, nowMs) : viewOfResult(node);
}

/** What a run did, in one line: `3 created, 1 updated, 1 left as it was`. */
export function describeOutcomes({ outcomes }: Pick<RunSummary, 'outcomes'>): string {
  const words = (Object.keys(outcomeViews) as ObjectOutcome[]).flatMap((outcome) => {
    const count = outcomes[outcome];
    return count === undefined ? [] : [`${count.toLocaleString('en')} ${outcomeViews[outcome].word}`];
  });
  return words.length === 0 ? 'nothing changed' : words.join(', ');
}

const outcomeViews: Readonly<Record<ObjectOutcome, { readonly word: string; readonly icon: ItemIcon }>> = {
  created: { word: 'created', icon: { id: 'diff-added', colour: 'gitDecoration.addedResourceForeground' } },
  updated: { word: 'updated', icon: { id: 'diff-modified', colour: 'gitDecoration.modifiedResourceForeground' } },
  replaced: { word: 'replaced', icon: { id: 'diff-renamed', colour: 'gitDecoration.modifiedResourceForeground' } },
  deleted: { word: 'deleted', icon: { id: 'diff-removed', colour: 'gitDecoration.deletedResourceForeground' } },
  unchanged: { word: 'unchanged', icon: { id: 'check' } },
  left: { word: 'left as it was', icon: { id: 'warning', colour: 'list.warningForeground' } },
};

/** Not reached, or in conflict from the beginning. */
const noOutcome = { word: 'not written', icon: { id: 'circle-outline' } } satisfies (typeof outcomeViews)['left'];

const statusIcons: Readonly<Record<RunStatus, ItemIcon>> = {
  done: { id: 'pass' },
  partial: { id: 'warning', colour: 'list.warningForeground' },
  running: { id: 'sync' },
  unfinished: { id: 'debug-pause', colour: 'list.warningForeground' },
};

function viewOfRun({ run, undoneBy }: RunNode, nowMs: number): ItemView {
  const summary = summarizeRun(run);
  const { head, status, backup } = summary;
  const when = formatWhen(head.startedAt, nowMs);
  const label = `${head.kind === 'undo' ? 'Undo of the restore' : 'Restore'} of ${backup.name}`;
  const done = describeOutcomes(summary);
  const words = [...(status === 'done' ? [] : [status]), ...(undoneBy === undefined ? [] : ['undone'])];
  const cluster = summary.cluster.context ?? summary.cluster.server;
  return {
    id: `run/${head.id}`,
    label,
    description: [when, done, ...words].join(' · '),
    facts: factsOf(summary, cluster, undoneBy),
    icon: undoneBy === undefined ? statusIcons[status] : { id: 'discard' },
    flags: ['run', status, ...(undoneBy === undefined ? [] : ['undone'])],
    expands: 'on-demand',
    accessibleName: [`${label} into ${cluster}`, status, ...words.filter((word) => word !== status), when, done].join(
      ', ',
    ),
  };
}

function factsOf(summary: RunSummary, cluster: string, undoneBy: string | undefined): readonly Fact[] {
  const { head, status, planned } = summary;
  return [
    ['Run', head.id],
    ['Begun', head.startedAt],
    ['Cluster', cluster],
    ['Status', status],
    ['Planned', formatCount(planned, 'change')],
    ['Done', describeOutcomes(summary)],
    ...(head.undoes === undefined ? [] : [['Takes back', head.undoes] as const]),
    ...(undoneBy === undefined ? [] : [['Taken back by', undoneBy] as const]),
  ];
}

function viewOfResult({ parent, object }: ResultNode): ItemView {
  const { ref, outcome, reason, notes } = object;
  const { word, icon } = outcome === undefined ? noOutcome : outcomeViews[outcome];
  const remarks = [...(reason === undefined ? [] : [reason]), ...notes];
  return {
    id: `run/${parent.run.head.id}//${refKey(ref)}`,
    label: formatRef(ref),
    description: remarks.length === 0 ? word : remarks.join('; '),
    facts: [
      ['Object', formatRef(ref)],
      ['Outcome', word],
      ...(reason === undefined ? [] : [['Why', reason] as const]),
      ...notes.map((note) => ['Note', note] as const),
    ],
    icon,
    flags: ['result', outcome ?? 'none'],
    expands: 'never',
    accessibleName: [`${formatRef(ref)}, ${word}`, ...remarks].join(': '),
    command: { id: 'infrabackup.openResult', title: 'Open What Changed' },
  };
}

/** Whether an argument of a command is a run's row. */
export function isRunNode(value: unknown): value is RunNode {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'run';
}

/** Whether an argument of a command is the row of a result. */
export function isResultNode(value: unknown): value is ResultNode {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'result';
}
