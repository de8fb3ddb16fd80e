/**
 * The version of {@link serverOwnedMembers}. It stands in every backup: content digests made under different versions
 * do not compare.
 */
export const contentTableVersion = 1;

/** One member of an object that says nothing about what a person declared. */
export interface ServerOwnedMember {
  readonly within: 'object' | 'metadata';
  readonly member: string;
  readonly reason: string;
  readonly source: string;
}

const objectMeta = 'https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/';
const conventions =
  'https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md';

/**
 * The members that content digests leave out: two objects that differ in nothing else are the same to a person.
 *
 * Changing a row changes every digest: raise {@link contentTableVersion} with it.
 */
export const serverOwnedMembers: readonly ServerOwnedMember[] = [
  {
    within: 'metadata',
    member: 'uid',
    reason: 'identifies one life of the object; a restored one gets another',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'resourceVersion',
    reason: 'changes with every write, and names a place in one etcd only',
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions',
  },
  {
    within: 'metadata',
    member: 'generation',
    reason: 'counts the writes to the desired state',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'creationTimestamp',
    reason: 'when the server created it',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'deletionTimestamp',
    reason: 'set by a graceful deletion, never by a client',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'deletionGracePeriodSeconds',
    reason: 'goes with deletionTimestamp',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'selfLink',
    reason: 'a legacy field that the server filled in; empty since 1.20',
    source: `${objectMeta}#System`,
  },
  {
    within: 'metadata',
    member: 'managedFields',
    reason: 'who set which field when; changes without any change of content',
    source: 'https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers',
  },
  {
    within: 'object',
    member: 'status',
    reason: 'what a controller observed, not what anyone declared',
    source: `${conventions}#spec-and-status`,
  },
];
