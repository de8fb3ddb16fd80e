import { AppError, throwIfCancelled } from '@infrabackup/core';

/**
 * Work that everybody who asks while it runs waits for together. Who is cancelled leaves with `CANCELLED`; when the last
 * has left, the work's own signal fires.
 */
export function sharedRun<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): (signal: AbortSignal | undefined) => Promise<Result> {
  let current: { readonly result: Promise<Result>; readonly stop: AbortController; waiting: number } | undefined;

  return async (signal) => {
    throwIfCancelled(signal);
    if (current === undefined) {
      const stop = new AbortController();
      current = { result: work(stop.signal), stop, waiting: 0 };
    }
    const run = current;
    run.waiting++;
    const left = new AbortController();
    try {
      return await Promise.race([run.result, cancellation(signal, left.signal)]);
    } finally {
      left.abort();
      // Without anybody waiting it is either done or given up.
      if (--run.waiting === 0) {
        run.stop.abort();
        if (current === run) current = undefined;
      }
    }
  };
}

/** Rejects when `signal` fires; `over` ends the watch. */
function cancellation(signal: AbortSignal | undefined, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => reject(new AppError('CANCELLED', 'stopped while a credential was asked for'));
    signal?.addEventListener('abort', leave, { once: true, signal: over });
  });
}
