import { concurrently, type Right, type RightsReviewer } from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';

/** Enough to hide the round trip, little enough for priority and fairness to let everybody else through. */
const reviewsAtOnce = 16;

/** Asks the API server behind the connection what its user may do. */
export function connectRights(connection: Connection): RightsReviewer {
  return {
    async review(rights, signal) {
      const allowed = new Array<boolean>(rights.length).fill(false);
      await concurrently(
        rights.entries(),
        reviewsAtOnce,
        async ([index, right], inner) => {
          allowed[index] = await reviewOne(connection, right, inner);
        },
        signal,
      );
      return allowed;
    },
  };
}

async function reviewOne(connection: Connection, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource, ...group] = right.type.split('.');
  const { verb, subresource, namespace } = right;
  const review = (await connection.requestJson({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group: group.join('.'), resource, subresource, namespace } },
    }),
    // A review is answered and not kept.
    idempotent: true,
    signal,
  })) as { readonly status?: { readonly allowed?: boolean } };
  return review.status?.allowed === true;
}
