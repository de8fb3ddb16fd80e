import {
  describeReason,
  formatRef,
  isWrite,
  refKey,
  type ObjectOutcome,
  type ObjectRef,
  type ObjectResult,
  type RunRecord,
} from '@infrabackup/core';
import type { ItemIcon, ItemView } from './item-view.ts';
import { formatCount, formatWhen } from './quantity.ts';

/** A restore that was begun. */
export interface RunNode {
  readonly kind: 'run';
  readonly run: RunRecord;
}

/** What became of one object in it. */
export interface ResultNode {
  readonly kind: 'result';
  readonly parent: RunNode;
  readonly ref: ObjectRef;
  readonly result: ObjectResult;
}

/** Any row of a run. */
export type RunTreeNode = RunNode | ResultNode;

/** Results that a run shows: what failed comes first, and nobody reads further. */
const shownResults = 1_000;

/** How far a run is. */
function stateOf({ records, isOpen }: RunRecord): 'finished' | 'running' | 'interrupted' {
  if (records.some(({ kind }) => kind === 'finished')) return 'finished';
  return isOpen ? 'running' : 'interrupted';
}

/** The results of a run, what was left as it was first, else in the order of writing. */
export function resultsOf(parent: RunNode): readonly ResultNode[] {
  const { plan, records } = parent.run;
  const results = new Map<number, ObjectResult>();
  for (const record of records) if (record.kind === 'result') results.set(record.object, record.result);
  const nodes = [...results].map(([place, result]): ResultNode => {
    return { kind: 'result', parent, ref: plan.objects[place]!.ref, result };
  });
  const isLeft = ({ result }: ResultNode): number => Number(result.outcome !== 'left');
  return nodes.toSorted((a, b) => isLeft(a) - isLeft(b)).slice(0, shownResults);
}

/** How a row of a run looks. */
export function runView(node: RunTreeNode, nowMs: number): ItemView {
  return node.kind === 'run' ? viewOfRun(node, nowMs) : viewOfResult(node);
}

/** What a run did, in one line: `3 created, 1 updated, 1 left as it was`. */
export function describeResults({ records }: RunRecord): string {
  const counts = new Map<ObjectOutcome, number>();
  for (const record of records) {
    if (record.kind === 'result') counts.set(record.result.outcome, (counts.get(record.result.outcome) ?? 0) + 1);
  }
  const words = (Object.keys(outcomes) as ObjectOutcome[]).flatMap((outcome) => {
    const count = counts.get(outcome);
    return count === undefined ? [] : [`${count.toLocaleString('en')} ${outcomes[outcome].word}`];
  });
  return words.length === 0 ? 'nothing changed' : words.join(', ');
}

const outcomes: Readonly<Record<ObjectOutcome, { readonly word: string; readonly icon: ItemIcon }>> = {
  created: { word: 'created', icon: { id: 'diff-added', colour: 'gitDecoration.addedResourceForeground' } },
  updated: { word: 'updated', icon: { id: 'diff-modified', colour: 'gitDecoration.modifiedResourceForeground' } },
  replaced: { word: 'replaced', icon: { id: 'diff-renamed', colour: 'gitDecoration.modifiedResourceForeground' } },
  deleted: { word: 'deleted', icon: { id: 'diff-removed', colour: 'gitDecoration.deletedResourceForeground' } },
  unchanged: { word: 'unchanged', icon: { id: 'check' } },
  left: { word: 'left as it was', icon: { id: 'warning', colour: 'list.warningForeground' } },
};

const stateIcons: Readonly<Record<ReturnType<typeof stateOf>, ItemIcon>> = {
  finished: { id: 'pass' },
  running: { id: 'sync' },
  interrupted: { id: 'debug-pause', colour: 'list.warningForeground' },
};

function viewOfRun(node: RunNode, nowMs: number): ItemView {
  const { run } = node;
  const { head, plan } = run;
  const state = stateOf(run);
  const when = formatWhen(head.startedAt, nowMs);
  const what = `${head.kind === 'undo' ? 'Undo' : 'Restore'} of ${plan.backup.name}`;
  const left = run.records.some((record) => record.kind === 'result' && record.result.outcome === 'left');
  const done = describeResults(run);
  const cluster = plan.cluster.context ?? plan.cluster.server;
  return {
    id: `run/${head.id}`,
    label: what,
    description: [when, done, ...(state === 'finished' ? [] : [state])].join(' · '),
    facts: [
      ['Begun', head.startedAt],
      ['Cluster', cluster],
      ['State', state],
      ['Planned', formatCount(plan.objects.filter(({ verdict }) => isWrite(verdict)).length, 'change')],
      ['Done', done],
      ['Plan', plan.id],
    ],
    icon: state === 'finished' && left ? { id: 'warning', colour: 'list.warningForeground' } : stateIcons[state],
    flags: ['run', state, ...(left ? ['failures'] : [])],
    expands: 'on-demand',
    accessibleName: `${what} into ${cluster}, ${state}, ${when}, ${done}`,
  };
}

function viewOfResult({ parent, ref, result }: ResultNode): ItemView {
  const { word, icon } = outcomes[result.outcome];
  const reason = result.reason && describeReason(result.reason);
  return {
    id: `run/${parent.run.head.id}//${refKey(ref)}`,
    label: formatRef(ref),
    description: reason ?? word,
    facts: [['Object', formatRef(ref)], ['Outcome', word], ...(reason === undefined ? [] : [['Why', reason] as const])],
    icon,
    flags: ['result', result.outcome],
    expands: 'never',
    accessibleName: `${formatRef(ref)}, ${word}${reason === undefined ? '' : `: ${reason}`}`,
  };
}

/** Whether an argument of a command is a run's row. */
export function isRunNode(value: unknown): value is RunNode {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'run';
}
