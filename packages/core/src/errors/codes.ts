/**
 * Every way a command can end: the exit code, its name and what it tells a script.
 *
 * The one table: each verb's help, docs/exit-codes.md and the renderers are made from it.
 */
export const exitCodes = [
  { exitCode: 0, name: 'done', meaning: 'everything asked for was done; `diff`: no difference' },
  { exitCode: 1, name: 'differs', meaning: '`diff` and `check` found differences; nothing else ever ends with 1' },
  {
    exitCode: 2,
    name: 'failed',
    meaning: 'the command line or its input is wrong, or the command failed; the message says what now exists',
  },
  {
    exitCode: 3,
    name: 'partial',
    meaning: 'done in part: what is missing is named in the output and kept in the summary or result',
  },
  { exitCode: 4, name: 'not-found', meaning: 'a backup, object, location or file that was named does not exist' },
  { exitCode: 5, name: 'exists', meaning: 'the name is taken, or somebody else is writing it; nothing was changed' },
  {
    exitCode: 6,
    name: 'refused',
    meaning: 'a guard refused before anything was changed: a missing right, confirmation or flag',
  },
  { exitCode: 7, name: 'cluster', meaning: 'the cluster could not be reached, or answered with an error' },
  { exitCode: 8, name: 'location', meaning: 'the backup location could not be reached, read or written' },
  { exitCode: 9, name: 'damaged', meaning: 'a backup is truncated, corrupt or not the one its digest names' },
  { exitCode: 10, name: 'key', meaning: 'a decryption key is missing or wrong' },
  { exitCode: 70, name: 'bug', meaning: 'a fault of this program; the message says where to report it' },
  { exitCode: 130, name: 'cancelled', meaning: 'stopped by Ctrl-C or a cancel; what exists afterwards is named' },
] as const;

/** The name of one way to end, e.g. `partial`. */
export type Outcome = (typeof exitCodes)[number]['name'];

/**
 * Every error that an operation can end with: the code, what it means, and how the command ends.
 *
 * Rows stand in the order of the layers that throw them.
 */
export const errorCodes = {
  USAGE: { outcome: 'failed', meaning: 'a flag, argument or input file is wrong' },
  CANCELLED: { outcome: 'cancelled', meaning: 'the user, or a signal, stopped the operation' },
  CONFIRMATION_NEEDED: { outcome: 'refused', meaning: 'a question could not be asked because there is no terminal' },
  KUBECONFIG_INVALID: {
    outcome: 'failed',
    meaning: 'no usable cluster and user could be made from kubeconfig and flags',
  },
  CREDENTIAL_FAILED: { outcome: 'cluster', meaning: 'a credential plugin or token file gave no credential' },
  CLUSTER_UNREACHABLE: { outcome: 'cluster', meaning: 'the API server did not answer' },
  CLUSTER_TLS: { outcome: 'cluster', meaning: "the API server's certificate is not trusted, or ours is not accepted" },
  CLUSTER_TIMEOUT: { outcome: 'cluster', meaning: 'a request took longer than its limit' },
  CLUSTER_UNAUTHORIZED: { outcome: 'cluster', meaning: 'the API server does not know who we are (401)' },
  CLUSTER_FORBIDDEN: { outcome: 'refused', meaning: 'the API server knows who we are and does not allow it (403)' },
  CLUSTER_ERROR: { outcome: 'cluster', meaning: 'the API server answered with an error that no retry mends' },
  CLUSTER_REVISION_GONE: { outcome: 'cluster', meaning: 'the revision that was asked for is compacted away (410)' },
  CLUSTER_PROTOCOL: { outcome: 'cluster', meaning: 'an answer is not what the Kubernetes API promises' },
  TYPE_UNKNOWN: { outcome: 'failed', meaning: 'no resource type of that name is served, or is in the backup' },
  TYPE_AMBIGUOUS: { outcome: 'failed', meaning: 'several resource types have that name' },
  SELECTION_EMPTY: {
    outcome: 'failed',
    meaning: 'the selection matches no namespace or no type; it is never widened to all',
  },
  STORE_UNSUPPORTED: { outcome: 'failed', meaning: 'the URI names a scheme or option that is not supported' },
  STORE_EXISTS: { outcome: 'exists', meaning: 'a conditional create found the key taken' },
  STORE_NOT_FOUND: { outcome: 'not-found', meaning: 'the location has no such key' },
  STORE_MISSING: {
    outcome: 'not-found',
    meaning: 'the bucket, container or repository of the location does not exist',
  },
  STORE_CREDENTIALS: {
    outcome: 'location',
    meaning: 'no credentials for the location were found, or it does not accept them',
  },
  STORE_DENIED: { outcome: 'location', meaning: 'the location knows the credentials and does not allow it' },
  STORE_CLOCK: {
    outcome: 'location',
    meaning: "this machine's clock and the location's are too far apart for signed requests",
  },
  STORE_TLS: { outcome: 'location', meaning: "the location's certificate is not trusted" },
  STORE_UNAVAILABLE: {
    outcome: 'location',
    meaning: 'the location could not be reached, or failed in a way that may pass',
  },
  STORE_FULL: { outcome: 'location', meaning: 'the location has no space or quota left' },
  LOCATION_UNKNOWN: { outcome: 'not-found', meaning: 'no location of that name is configured' },
  LOCATION_EXISTS: { outcome: 'exists', meaning: 'a location of that name is configured already' },
  SECRETS_IN_CLEAR: {
    outcome: 'refused',
    meaning: 'Secrets would lie in clear in a history that nothing is ever taken out of; nothing was written',
  },
  BACKUP_NOT_FOUND: { outcome: 'not-found', meaning: 'the location has no backup of that name' },
  BACKUP_EXISTS: { outcome: 'exists', meaning: 'a backup of that name exists; backups are never overwritten' },
  BACKUP_CLAIMED: { outcome: 'exists', meaning: 'another process is writing a backup of that name' },
  BACKUP_DAMAGED: { outcome: 'damaged', meaning: 'bytes of a backup are missing, changed or contradict each other' },
  BACKUP_DIGEST_MISMATCH: {
    outcome: 'damaged',
    meaning: 'the backup is whole but not the one that the given digest names',
  },
  BACKUP_FORMAT: { outcome: 'failed', meaning: 'the backup was written in a format that this version does not read' },
  OBJECT_NOT_FOUND: { outcome: 'not-found', meaning: 'the backup has no such object' },
  RIGHTS_MISSING: { outcome: 'refused', meaning: 'the user lacks rights that the plan needs; nothing was changed' },
  OTHER_CLUSTER: {
    outcome: 'refused',
    meaning: 'the backup is of another cluster, and nobody said that this is meant',
  },
  CLUSTER_CHANGED: { outcome: 'refused', meaning: 'the plan was made for another cluster than the one at hand' },
  SCALE_FAILED: { outcome: 'cluster', meaning: 'a workload could not be scaled down, or its size not be kept' },
  UNDO_IMPOSSIBLE: { outcome: 'failed', meaning: 'what a restore changed was not kept, or is gone' },
  RUN_NOT_FOUND: { outcome: 'not-found', meaning: 'no restore of that id is kept on this machine' },
  RUN_EXISTS: { outcome: 'exists', meaning: 'a restore of that id exists' },
  RUN_BUSY: { outcome: 'exists', meaning: 'another process is carrying out that restore' },
  RUN_DAMAGED: { outcome: 'failed', meaning: 'what is kept of a restore cannot be read' },
  KEY_MISSING: { outcome: 'key', meaning: 'an object is encrypted and no key for it was given' },
  KEY_WRONG: { outcome: 'key', meaning: 'an object is encrypted, and the key given by that name is another' },
} as const satisfies Record<string, { outcome: Outcome; meaning: string }>;

/** The code of an {@link errorCodes} row; code compares codes, never classes. */
export type ErrorCode = keyof typeof errorCodes;

/** The exit code of an outcome. */
export function exitCodeOf(outcome: Outcome): number {
  return exitCodes.find((row) => row.name === outcome)!.exitCode;
}
