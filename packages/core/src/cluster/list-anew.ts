import { isAppError } from '../errors/app-error.ts';

/** A cluster that forgets faster than it can be read three times in a row has other troubles. */
const timesAtMost = 3;

/**
 * What the work leads to that goes through lists: done over from its beginning when the server has forgotten, before the
 * last page, the state that the first one was of.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses
 */
export async function listAnew<T>(work: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_REVISION_GONE') || times === timesAtMost) throw error;
    }
  }
}
