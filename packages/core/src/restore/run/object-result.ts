import type { ObjectRef } from '../../object/ref.ts';
import type { PlannedObject } from '../restore-plan.ts';
import type { ConflictReason, UnservableReason } from '../reason.ts';

/** What became of one object of a plan. */
export type ObjectOutcome =
  | 'created'
  | 'updated'
  | 'replaced'
  | 'deleted'
  /** It turned out to be what the backup says already. */
  | 'unchanged'
  /** It was left as it is: see the reason. */
  | 'left';

/** Something of an object that could not be restored along with it. */
export type ResultNote =
  | { readonly kind: 'status-left'; readonly message: string }
  /** Its fields belong to whoever wrote them last. */
  | { readonly kind: 'ownership-left'; readonly message: string }
  /** Some of its fields are not what the backup says. */
  | { readonly kind: 'fields-left'; readonly message: string }
  /** The server remarked on it, e.g. a member that it does not know and dropped. */
  | { readonly kind: 'server-warning'; readonly message: string }
  /** Its deletion was accepted, and it is still there: it waits for these finalizers. */
  | { readonly kind: 'terminating'; readonly finalizers: readonly string[] }
  /** It was there when it was to be created. */
  | { readonly kind: 'appeared' }
  /** What is to be waited for after it was written did not come in time. */
  | { readonly kind: 'not-ready'; readonly waitedFor: string };

/** What became of one object, as it is kept. */
export interface ObjectResult {
  readonly outcome: ObjectOutcome;
  /** Set exactly for `left`. */
  readonly reason?: ConflictReason | UnservableReason;
  readonly notes: readonly ResultNote[];
  /** The object as the restore left it; absent where nothing was written, and for deletions. */
  readonly left?: LeftObject;
}

/** Whether it was deleted and is still there. */
export function isTerminating({ notes }: ObjectResult): boolean {
  return notes.some(({ kind }) => kind === 'terminating');
}

/** Whether it is begun and has not come to its end: deleted and still there, or taken away and not created anew. */
export function isHalfDone({ verdict }: Pick<PlannedObject, 'verdict'>, result: ObjectResult): boolean {
  return isTerminating(result) || (verdict === 'replace' && result.outcome === 'deleted');
}

/** Which object a restore left behind, so that an undo knows whether it is still the same. */
export interface LeftObject {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `contentOf` it. */
  readonly content: string;
}

/** How far a run is. */
export type RunEvent =
  | { readonly kind: 'keeping'; readonly objects: number }
  | { readonly kind: 'scaling'; readonly ref: ObjectRef; readonly to: number }
  /** A workload is left at 0, as was asked for; it had this size. */
  | { readonly kind: 'stays-down'; readonly ref: ObjectRef; readonly size: number }
  /** A tier begins. */
  | { readonly kind: 'tier'; readonly name: string; readonly objects: number }
  | { readonly kind: 'object'; readonly ref: ObjectRef; readonly result: ObjectResult }
  /** Writing goes slower or faster, for the server's sake. */
  | { readonly kind: 'pace'; readonly writesAtOnce: number };
