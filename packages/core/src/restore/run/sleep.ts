import { setTimeout as wait } from 'node:timers/promises';
import { throwIfCancelled } from '../../errors/app-error.ts';

/** Waits that end with CANCELLED as soon as the signal fires. */
export function sleepUntil(signal: AbortSignal | undefined): (ms: number) => Promise<void> {
  return async (ms) => {
    await wait(ms, undefined, { signal }).catch(() => undefined);
    throwIfCancelled(signal);
  };
}
