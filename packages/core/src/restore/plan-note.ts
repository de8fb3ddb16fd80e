/** Something about a planned object that a person should see beside its verdict. */
export type PlanNote =
  /** An owner that will not exist: the reference is left out, or the garbage collector would delete the object. */
  | { readonly kind: 'owner-dropped'; readonly owner: string; readonly reason: OwnerDropReason }
  /** The owner comes later and takes the object on by its labels. */
  | { readonly kind: 'owner-adopts'; readonly owner: string }
  /** The object was being deleted when the backup was taken; it is restored as one that stays. */
  | { readonly kind: 'was-terminating' }
  /** The server gives a new cluster IP or node port. */
  | { readonly kind: 'address-reassigned'; readonly fields: readonly string[] }
  /** The volume that the claim was bound to will not exist: a new one is provisioned, empty. */
  | { readonly kind: 'volume-unbound'; readonly volume: string }
  /** Versions of a live definition that the backup does not know, and that stored objects are still in. */
  | { readonly kind: 'versions-kept'; readonly versions: readonly string[] }
  /** `spec.replicas` stays what the autoscaler made it. */
  | { readonly kind: 'replicas-live'; readonly replicas: number }
  /** The API version of the backup is not served: the same object in another, checked strictly by the server. */
  | { readonly kind: 'version-changed'; readonly from: string; readonly to: string }
  /** The server could not be asked: what it will say is told by rules only. */
  | { readonly kind: 'unvalidated'; readonly reason: UnvalidatedReason }
  /** What the server remarked when asked, e.g. a member that it does not know and drops. */
  | { readonly kind: 'server-warning'; readonly message: string }
  /** Somebody else keeps the live object as it is, and may take the restore back. */
  | { readonly kind: 'managed'; readonly by: string; readonly suspend: string | undefined }
  /** The status stays as controllers write it. */
  | { readonly kind: 'status-left'; readonly reason: string }
  /** A resource modifier changed it; the rule's place in the file, from 1. */
  | { readonly kind: 'modified'; readonly rule: number };

/** Why an owner reference cannot be kept. */
export type OwnerDropReason = 'not-found' | 'not-restored' | 'other-scope' | 'loop';

/** Why the server could not be asked. */
export type UnvalidatedReason =
  'namespace-missing' | 'definition-missing' | 'definition-changes' | 'webhook-side-effects';
