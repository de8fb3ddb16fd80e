import { formatRef, type ObjectRef } from '../../object/ref.ts';
import { describeReason } from '../describe-reason.ts';
import { isWrite, type PlannedObject, type Verdict } from '../restore-plan.ts';
import { describeResultNote } from './describe-result-note.ts';
import { isTerminating, type ObjectOutcome, type ObjectResult } from './object-result.ts';
import type { RunHead, RunRecord } from './run-store.ts';

/** How a run stands. */
export type RunStatus =
  /** Every object has a result, and none was left against the plan. */
  | 'done'
  /** Every object has a result; some are not what the backup says, or still terminating. */
  | 'partial'
  /** A process is carrying it out. */
  | 'running'
  /** It was cut off, and can be gone on with. */
  | 'unfinished';

/** One object of a run that is worth telling: it was written, or could not be. */
export interface RunObject {
  readonly ref: ObjectRef;
  readonly planned: Verdict;
  /** Absent while it is not known. */
  readonly outcome?: ObjectOutcome;
  /** Why it is not what the backup says. */
  readonly reason?: string;
  readonly notes: readonly string[];
}

/** What a run has done, for lists and for programs. Holds nothing that would tell a secret. */
export interface RunSummary {
  readonly head: Omit<RunHead, 'request'>;
  readonly backup: RunRecord['plan']['backup'];
  readonly cluster: RunRecord['plan']['cluster'];
  readonly status: RunStatus;
  readonly finishedAt?: string;
  /** What the plan has to write. */
  readonly planned: number;
  readonly outcomes: Readonly<Partial<Record<ObjectOutcome, number>>>;
  /** Objects that the plan could not bring to what the backup says, before anything was written. */
  readonly conflicts: number;
  /** Where what was changed is kept; absent where nothing was, or nothing yet. */
  readonly keptIn?: string;
}

/** What a run has done. */
export function summarizeRun({ head, plan, records, isOpen }: RunRecord): RunSummary {
  const { request: _request, ...shown } = head;
  const results = resultsOf(records);
  const outcomes: Partial<Record<ObjectOutcome, number>> = {};
  for (const { outcome } of results.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const terminating = [...results.values()].filter(isTerminating).length;
  const finished = records.findLast((record) => record.kind === 'finished');
  const kept = records.findLast((record) => record.kind === 'kept');
  const conflicts = plan.counts.conflict + plan.counts.unservable;
  return {
    head: shown,
    backup: plan.backup,
    cluster: plan.cluster,
    status: statusOf(finished !== undefined, isOpen, (outcomes.left ?? 0) + terminating + conflicts),
    ...(finished !== undefined && { finishedAt: finished.at }),
    planned: plan.objects.filter(({ verdict }) => isWrite(verdict)).length,
    outcomes,
    conflicts,
    ...(kept !== undefined && kept.objects > 0 && { keptIn: kept.location }),
  };
}

function statusOf(isFinished: boolean, isOpen: boolean, left: number): RunStatus {
  if (isFinished) return left === 0 ? 'done' : 'partial';
  return isOpen ? 'running' : 'unfinished';
}

/** Every object of the run but those that were the same, or were left alone on purpose; in the order of the plan. */
export function objectsOfRun({ plan, records }: Pick<RunRecord, 'plan' | 'records'>): readonly RunObject[] {
  const results = resultsOf(records);
  return plan.objects.flatMap((planned, index) => {
    const isTold = isWrite(planned.verdict) || planned.verdict === 'conflict' || planned.verdict === 'unservable';
    return isTold ? [objectOf(planned, results.get(index))] : [];
  });
}

function objectOf({ ref, verdict, reason }: PlannedObject, result: ObjectResult | undefined): RunObject {
  const why = result?.reason ?? reason;
  return {
    ref,
    planned: verdict,
    ...(result !== undefined && { outcome: result.outcome }),
    ...(why !== undefined && { reason: describeReason(why) }),
    notes: (result?.notes ?? []).map(describeResultNote),
  };
}

/** The last result of each object: one that was looked at again, or waited for, has several. */
export function resultsOf(records: RunRecord['records']): ReadonlyMap<number, ObjectResult> {
  const results = new Map<number, ObjectResult>();
  for (const record of records) if (record.kind === 'result') results.set(record.object, record.result);
  return results;
}

/** The object and what became of it, in one line. */
export function describeRunObject({ ref, planned, outcome, reason, notes }: RunObject): string {
  return [`${outcome ?? planned} ${formatRef(ref)}`, ...(reason === undefined ? [] : [reason]), ...notes].join(': ');
}
