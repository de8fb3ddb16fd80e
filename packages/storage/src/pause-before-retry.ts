import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfCancelled } from '@infrabackup/core';

const firstMs = 100;
const longestMs = 10_000;

/**
 * Waits before something is tried again: longer each time, and never two clients alike.
 * Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export async function pauseBeforeRetry(retriesBefore: number, signal: AbortSignal | undefined): Promise<void> {
  const atMostMs = Math.min(longestMs, firstMs * 2 ** retriesBefore);
  await sleep(randomInt(atMostMs / 2, atMostMs), undefined, signal && { signal }).catch(() => undefined);
  throwIfCancelled(signal);
}
