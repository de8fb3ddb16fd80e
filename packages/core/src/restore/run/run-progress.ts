import { refKey } from '../../object/ref.ts';
import type { PlannedObject } from '../restore-plan.ts';
import { isHalfDone, type ObjectResult } from './object-result.ts';
import type { OpenRun } from './run-store.ts';

/** What of a run is done, and what of it others depend on. */
export interface RunProgress {
  /** Whether what the run changes is kept. */
  readonly isKept: boolean;
  /** Objects, by their place in the plan, that may have been written. */
  readonly begun: ReadonlySet<number>;
  /** Objects that have a result. */
  readonly done: Set<number>;
  /** Uids of what the run has written, by `refKey`: of owners only. */
  readonly uids: Map<string, string>;
  readonly owners: ReadonlySet<string>;
  readonly newNamespaces: Set<string>;
  /** Type names whose definitions the run has written. */
  readonly newTypes: Set<string>;
  /** Workloads that are scaled down meanwhile and that the run has written, by `refKey`. */
  readonly resized: Set<string>;
  readonly scaledDown: ReadonlySet<string>;
}

/** How far a run has come, by its journal. */
export function readProgress({ head, plan, records }: OpenRun): RunProgress {
  const owners = new Set(
    plan.objects.flatMap(({ write }) =>
      (write?.owners ?? []).filter(({ uid }) => uid === '').map(({ ref }) => refKey(ref)),
    ),
  );
  const begun = new Set<number>();
  const progress: RunProgress = {
    ...{ isKept: records.some(({ kind }) => kind === 'kept'), begun, done: new Set(), owners },
    ...{ uids: new Map(), newNamespaces: new Set(), newTypes: new Set(), resized: new Set() },
    scaledDown: new Set(head.scaleDown.map(refKey)),
  };
  for (const record of records) {
    if (record.kind === 'begun') for (const object of record.objects) begun.add(object);
    if (record.kind === 'result') noteResult(plan.objects[record.object]!, record.object, record.result, progress);
  }
  return progress;
}

/** Takes a result into account. What was only looked at, or is half done, is as open as before. */
export function noteResult(planned: PlannedObject, index: number, result: ObjectResult, progress: RunProgress): void {
  const { outcome, left, reason } = result;
  if (reason?.kind === 'not-reached' || isHalfDone(planned, result)) return;
  progress.done.add(index);
  if (left === undefined) return;
  const { ref } = planned;
  const key = refKey(ref);
  if (progress.scaledDown.has(key)) progress.resized.add(key);
  if (progress.owners.has(key)) progress.uids.set(key, left.uid);
  if (ref.type === 'namespaces' && outcome === 'created') progress.newNamespaces.add(ref.name);
  if (ref.type === 'customresourcedefinitions.apiextensions.k8s.io') progress.newTypes.add(ref.name);
}
