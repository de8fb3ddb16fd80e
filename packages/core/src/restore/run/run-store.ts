import type { ObjectRef } from '../../object/ref.ts';
import type { RestoreRequest } from '../plan/restore-scope.ts';
import type { RestorePlan } from '../restore-plan.ts';
import type { ObjectResult } from './object-result.ts';

/** One line of a run's journal. */
export type JournalRecord =
  /** These objects, by their place in the plan, are about to be written: what becomes of them is open until a result. */
  | { readonly kind: 'begun'; readonly objects: readonly number[] }
  | { readonly kind: 'result'; readonly object: number; readonly result: ObjectResult }
  /** What will be changed is kept: an undo has what it needs. */
  | { readonly kind: 'kept'; readonly objects: number; readonly location: string }
  /** Every object has a result. */
  | { readonly kind: 'finished'; readonly at: string };

/** What a run is: a restore, or the undo of one. */
export interface RunHead {
  readonly id: string;
  readonly kind: 'restore' | 'undo';
  /** The restore that is undone. */
  readonly undoes?: string | undefined;
  readonly startedAt: string;
  /** Where the backup is: the URI of its location, or the path of its own folder or tarball. */
  readonly location: string;
  /** What of the backup was asked for; absent for an undo. */
  readonly request?: RestoreRequest | undefined;
  /** Workloads that are scaled down meanwhile. */
  readonly scaleDown: readonly ObjectRef[];
  /** Whether they are left at 0 in the end. */
  readonly stayDown: boolean;
}

/** A run whose journal may be added to: by one process at a time. */
export interface OpenRun extends AsyncDisposable {
  readonly head: RunHead;
  readonly plan: RestorePlan;
  /** What the journal held when the run was opened, in its order. */
  readonly records: readonly JournalRecord[];
  /** What the journal holds now. */
  journal(): readonly JournalRecord[];
  /** Adds a record; it is durable when the next {@link sync} resolves. */
  append(record: JournalRecord): void;
  /** Resolves when everything appended is durable. Throws STORE_FULL and STORE_UNAVAILABLE. */
  sync(): Promise<void>;
  /** Syncs, and lets others have the run. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A run, to be looked at. */
export interface RunRecord {
  readonly head: RunHead;
  readonly plan: RestorePlan;
  readonly records: readonly JournalRecord[];
  /** Whether a process works on it now. */
  readonly isOpen: boolean;
}

/**
 * Where a user's runs are kept: plan and journal of each, private to the user.
 *
 * A run survives kill -9 and a power cut at any moment: what `sync` has promised is there, and a torn last line is as
 * if it had not been written.
 */
export interface RunStore {
  /** Keeps the plan, durably, and opens the run. Throws RUN_EXISTS. */
  create(head: RunHead, plan: RestorePlan): Promise<OpenRun>;
  /** Throws RUN_NOT_FOUND, and RUN_BUSY while another process has it. */
  open(id: string): Promise<OpenRun>;
  /** Throws RUN_NOT_FOUND. */
  read(id: string): Promise<RunRecord>;
  /** Newest first. What cannot be read is left out. */
  list(): Promise<readonly RunHead[]>;
  /** Deletes a run that nobody has open. */
  remove(id: string): Promise<void>;
}
