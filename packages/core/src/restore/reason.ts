import type { CheckFinding } from '../upgrade/check-types.ts';
import type { Right } from '../cluster/rights.ts';

/** Why an object of the backup is left alone although it differs from what is live. */
export type SkipReason =
  /** A row of the table of what a restore leaves alone; the object was not named. */
  | { readonly kind: 'never-restored'; readonly row: string; readonly reason: string; readonly source: string }
  /** It exists, and existing objects are not to be changed. */
  | { readonly kind: 'exists' }
  /** Somebody else writes it, and such objects were not to be touched. */
  | { readonly kind: 'managed'; readonly by: string; readonly suspend: string | undefined }
  /** It belongs to the whole cluster, while a restore under other names is for namespaces. */
  | { readonly kind: 'cluster-scoped' }
  /** Nobody can create objects of its type. */
  | { readonly kind: 'not-creatable' };

/** Why an object cannot be brought to what the backup says, and is left as it is. */
export type ConflictReason =
  /** Fields that cannot change once the object exists. */
  | { readonly kind: 'immutable'; readonly fields: readonly string[]; readonly replace: ReplaceAdvice }
  | { readonly kind: 'invalid'; readonly fields: readonly string[]; readonly message: string }
  | { readonly kind: 'too-large'; readonly message: string }
  | { readonly kind: 'quota'; readonly quota: string; readonly message: string }
  /** A cluster IP or node port that others have, or that this cluster does not give out. */
  | { readonly kind: 'address-taken'; readonly fields: readonly string[]; readonly message: string }
  /** An admission webhook said no. */
  | { readonly kind: 'webhook-denied'; readonly webhook: string; readonly message: string }
  /** An admission policy, or a built-in admission plugin, said no. */
  | { readonly kind: 'admission-denied'; readonly policy: string | undefined; readonly message: string }
  /** A webhook that must be asked does not answer. */
  | { readonly kind: 'webhook-away'; readonly webhook: string; readonly message: string }
  /** Versions of its type are converted by a webhook that does not answer. */
  | { readonly kind: 'conversion-away'; readonly message: string }
  | { readonly kind: 'forbidden'; readonly right: Right | undefined; readonly message: string }
  /** A role that gives more than the user has. */
  | { readonly kind: 'escalation'; readonly message: string }
  /** The live object is being deleted, and waits for its finalizers. */
  | { readonly kind: 'terminating'; readonly finalizers: readonly string[] }
  | { readonly kind: 'namespace-terminating'; readonly namespace: string }
  /** Its namespace is neither live nor restored. */
  | { readonly kind: 'namespace-missing'; readonly namespace: string }
  /** Two objects of the backup would become one. */
  | { readonly kind: 'same-target'; readonly other: string }
  /** The live object has changed since the plan was made, so nothing was written; `anew` is what would be now. */
  | { readonly kind: 'moved'; readonly now: MovedTo; readonly anew?: PlannedAnew | undefined }
  /** What owns it, or defines its type, was not restored. */
  | { readonly kind: 'needs'; readonly ref: string }
  /** A namespace or definition that the restore created, and that others have put something into since. */
  | { readonly kind: 'holds-others'; readonly refs: readonly string[] }
  /** A run was cut off before it came to the object. */
  | { readonly kind: 'not-reached' }
  /** The server failed, again and again. */
  | { readonly kind: 'server-error'; readonly message: string };

/** Whether deleting the object and creating it anew would help. */
export type ReplaceAdvice =
  { readonly allowed: true; readonly effect: string } | { readonly allowed: false; readonly effect: string };

/** What carrying out the same request again would do to an object that has moved, as it was found. */
export interface PlannedAnew {
  readonly verdict: 'create' | 'update' | 'replace' | 'delete';
  /** The paths of the fields that would change, without their values; empty unless it exists and stays. */
  readonly paths: readonly string[];
}

/** What was found instead of what the plan was made for. */
export type MovedTo = 'appeared' | 'disappeared' | 'changed' | 'replaced';

/** Why the cluster cannot hold an object of the backup. */
export type UnservableReason = { readonly kind: 'unservable' } & Pick<CheckFinding, 'reason'> & {
    readonly apiVersion: string;
    /** When the release dropped or brought it, e.g. `1.32`. */
    readonly since?: string | undefined;
    /** What the server said when a rewritten object was tried, or when discovery failed. */
    readonly message?: string | undefined;
    /** Where it would fit, and whether it must be rewritten by hand. */
    readonly replacement?: { readonly apiVersion: string; readonly converts: 'as-is' | 'by-hand' } | undefined;
  };
