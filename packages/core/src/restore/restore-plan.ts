import type { ClusterIdentity } from '../cluster/reader.ts';
import type { Right } from '../cluster/rights.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { ResourceType, TypeName } from '../object/resource-type.ts';
import type { CheckFinding } from '../upgrade/check-types.ts';
import type { Place } from './order-objects.ts';
import type { PlanNote } from './plan-note.ts';
import type { ConflictReason, SkipReason, UnservableReason } from './reason.ts';
import type { RestoreOptions } from './restore-options.ts';

/** What a restore would do with one object. */
export type Verdict =
  /** Not live; will be created. */
  | 'create'
  /** Live and different; will be changed in place. */
  | 'update'
  /** Live and different in what cannot be changed in place; will be deleted and created anew. */
  | 'replace'
  /** Live only, and pruned. */
  | 'delete'
  /** Live and the same. */
  | 'unchanged'
  /** Left alone on purpose. */
  | 'skip'
  /** Cannot be brought to what the backup says. */
  | 'conflict'
  /** Its API is not served. */
  | 'unservable'
  /** Live only, and left alone. */
  | 'extra';

/** Every verdict, in the order in which summaries count them. */
export const verdicts: readonly Verdict[] = [
  'create',
  'update',
  'replace',
  'delete',
  'unchanged',
  'skip',
  'conflict',
  'unservable',
  'extra',
];

/** Which live object a plan was made over. */
export interface PlannedOver {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `contentOf` the live object: equal means that only its status or its bookkeeping has changed since. */
  readonly content: string;
}

/** An owner of a planned object. */
export interface PlannedOwner {
  /** Which of the backup's owner references it is, from 0. */
  readonly reference: number;
  readonly ref: ObjectRef;
  /** Empty while the same plan has yet to create it. */
  readonly uid: string;
}

/** What is to be sent for one object. The bytes themselves are made again from the backup when they are needed. */
export interface PlannedWrite {
  /** The version of the API that it is written in. */
  readonly version: string;
  /** `requestOf` what will be sent; empty for deletions. What is made of the backup again must have the same. */
  readonly request: string;
  /** Absent for what is created. */
  readonly over?: PlannedOver;
  /** Whether the backup's status is written too. */
  readonly status: boolean;
  /** The owners it is given, as they were found when it was planned. */
  readonly owners: readonly PlannedOwner[];
  /** What item rules asked for and did not find, by `refKey`. Empty for most. */
  readonly missing: readonly string[];
  /** Whether an autoscaler sizes it. */
  readonly autoscaled: boolean;
  /** Set by an undo: the object is put back as it was, field by field, and no rule applies. */
  readonly exact?: true;
}

/** One object of a plan. Plain data. */
export interface PlannedObject {
  /** Where it is, or will be, in the cluster. */
  readonly ref: ObjectRef;
  /** Where it is in the backup, when that is elsewhere: a mapped namespace, or a type that has moved to another group. */
  readonly source?: ObjectRef;
  readonly verdict: Verdict;
  /** Set exactly for `skip`, `conflict` and `unservable`. */
  readonly reason?: SkipReason | ConflictReason | UnservableReason;
  readonly notes: readonly PlanNote[];
  readonly place: Place;
  /** Set exactly for `create`, `update`, `replace` and `delete`. */
  readonly write?: PlannedWrite;
}

/** Something about the whole plan that a person should know before it is carried out. */
export type PlanWarning =
  /** A live webhook that the plan's writes must pass has no back end. */
  | {
      readonly kind: 'webhook-away';
      readonly configuration: string;
      readonly webhook: string;
      readonly service: string;
      readonly failurePolicy: 'Fail' | 'Ignore';
      /** How many of the plan's writes it is asked about; at least. */
      readonly writes: number;
    }
  /** The API that objects are stored in is on its way out in this cluster. */
  | { readonly kind: 'deprecated'; readonly finding: CheckFinding }
  /** The cluster could not tell what it serves of that group: its objects are left alone. */
  | { readonly kind: 'undiscovered'; readonly groupVersion: string; readonly message: string }
  /** Live objects of the type could not be listed: it is not known what a restore would change, or what is extra. */
  | {
      readonly kind: 'unlisted';
      readonly type: TypeName;
      readonly namespace: string | undefined;
      readonly message: string;
    }
  /** The backup is missing something of the type, so nothing of it is called extra. */
  | { readonly kind: 'backup-partial'; readonly type: TypeName; readonly message: string }
  /** Rights that would be nice to have: without them status or field ownership is not restored. */
  | { readonly kind: 'lesser-rights'; readonly rights: readonly Right[]; readonly loses: 'status' | 'ownership' };

/** Which backup a plan restores. */
export interface PlannedBackup {
  readonly name: string;
  readonly cluster: ClusterIdentity;
  readonly takenAt: string;
  /** The one digest over the backup; absent where it was opened without its summary. */
  readonly digest?: string;
}

/** What a restore does: data that is shown, confirmed and carried out. JSON can hold it. */
export interface RestorePlan {
  readonly id: string;
  /** Random; the key of the run's `contentDigester`. */
  readonly key: string;
  readonly plannedAt: string;
  readonly backup: PlannedBackup;
  readonly cluster: ClusterIdentity;
  /** Whether the live cluster is another one than the backup's; undefined where either's identity may not be read. */
  readonly otherCluster: boolean | undefined;
  readonly options: RestoreOptions;
  /** How the types of the plan's writes are reached. */
  readonly types: Readonly<Record<TypeName, ResourceType>>;
  /** In the order of writing: by tier, by depth, then in the order of backups. Deletions come last, in reverse. */
  readonly objects: readonly PlannedObject[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly warnings: readonly PlanWarning[];
  /** What the user lacks; a plan that lacks any right is not carried out. */
  readonly missingRights: readonly Right[];
}

/** Whether carrying out the object's verdict changes the cluster. */
export function isWrite(verdict: Verdict): boolean {
  return verdict === 'create' || verdict === 'update' || verdict === 'replace' || verdict === 'delete';
}

/** How many objects have each verdict. */
export function countVerdicts(objects: readonly PlannedObject[]): Readonly<Record<Verdict, number>> {
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  for (const { verdict } of objects) counts[verdict]++;
  return counts;
}
