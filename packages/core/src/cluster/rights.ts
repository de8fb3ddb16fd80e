import type { TypeName } from '../object/resource-type.ts';

/**
 * A right that an operation needs.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
export interface Right {
  readonly verb: 'create' | 'delete' | 'get' | 'list' | 'update';
  readonly type: TypeName;
  readonly subresource?: 'status' | 'scale' | undefined;
  /** Undefined asks for all namespaces (or for a cluster-scoped type). */
  readonly namespace: string | undefined;
}

/** Asks the API server what we may do; changes nothing. */
export interface RightsReviewer {
  /**
   * Whether each of the rights is given, in their order (SelfSubjectAccessReview). Throws the codes of `ClusterReader`.
   *
   * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/
   */
  review(rights: readonly Right[], signal?: AbortSignal): Promise<readonly boolean[]>;
}

/** The right as people read it: `update deployments.apps/status in shop`. */
export function formatRight(right: Right): string {
  const what = right.subresource === undefined ? right.type : `${right.type}/${right.subresource}`;
  return right.namespace === undefined ? `${right.verb} ${what}` : `${right.verb} ${what} in ${right.namespace}`;
}
