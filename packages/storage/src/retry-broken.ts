import { pauseBeforeRetry } from './pause-before-retry.ts';

/** Times that an answer is asked for again whose connection broke off, beside the client's own attempts. */
const maxRetries = 5;

/**
 * What the attempt gives, made again where the connection broke off: clients themselves try again until an answer
 * begins, and not always when it ends too early. `isBroken` says of an error whether it is that.
 */
export async function retryBroken<T>(
  attempt: () => Promise<T>,
  isBroken: (error: unknown) => boolean,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      if (retries === maxRetries || signal?.aborted === true || !isBroken(error)) throw error;
      await pauseBeforeRetry(retries, signal);
    }
  }
}
