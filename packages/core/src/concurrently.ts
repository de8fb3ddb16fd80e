import { throwIfCancelled } from './errors/app-error.ts';

/**
 * Runs `work` on every item, at most `limit` at a time, in the items' order of starting.
 *
 * Resolves when all are done. The first error stops further items from starting, aborts the signal that the running
 * ones were given, and is thrown once they have ended, so that nothing runs on behind the caller's back.
 */
export async function concurrently<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const inner = eitherSignal(signal, stop.signal);
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];

  const runner = async (): Promise<void> => {
    for (let next = iterator.next(); failures.length === 0 && next.done !== true; next = iterator.next()) {
      try {
        await work(next.value, inner);
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, runner));
  if (failures.length > 0) throw failures[0];
}

/** How much may be at work beside the item whose turn it is. */
export interface Ahead<T> {
  readonly items: number;
  /** What an item weighs, in the unit of `weight`: of heavy ones fewer are at work. */
  readonly weigh: (item: T) => number;
  readonly weight: number;
}

/**
 * What `work` makes of each item, in the items' order, while up to `ahead` further ones are at work.
 *
 * An error is thrown when its item's turn comes. A consumer that stops early leaves behind what is under way: it must
 * bear that until it settles.
 */
export async function* workAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number | Ahead<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const most = typeof ahead === 'number' ? { items: ahead, weigh: () => 0, weight: 0 } : ahead;
  const started: { readonly result: Promise<R>; readonly weight: number }[] = [];
  let weight = 0;
  for await (const item of items) {
    const result = work(item);
    // It is met when its turn comes, or never.
    result.catch(() => undefined);
    const itsWeight = most.weigh(item);
    started.push({ result, weight: itsWeight });
    weight += itsWeight;
    while (started.length > most.items || (started.length > 1 && weight > most.weight)) {
      const first = started.shift()!;
      weight -= first.weight;
      yield await first.result;
    }
  }
  for (const { result } of started) yield await result;
}

/**
 * What the operation brings; throws CANCELLED as soon as the signal fires, whatever becomes of the operation then.
 *
 * Not Promise.race with one promise for the signal: that one would hold on to all that it was raced with until it settles.
 */
export async function orCancelled<T>(operation: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return operation;
  const cancelled = Promise.withResolvers<undefined>();
  const cancel = (): void => {
    cancelled.resolve(undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  // The source itself may have brought the cancel about while it was asked.
  if (signal.aborted) cancel();
  try {
    const first = await Promise.race([operation.then((value) => ({ value })), cancelled.promise]);
    throwIfCancelled(signal);
    return first!.value;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Fires with the first of the two. */
export function eitherSignal(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own]);
}

/**
 * Runs `use` with a signal of its own, which fires with the given one, and when `use` has ended: so that nothing that it
 * began and did not wait for runs on behind the caller's back.
 */
export async function withOwnSignal<T>(
  signal: AbortSignal | undefined,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  try {
    return await use(eitherSignal(signal, stop.signal));
  } finally {
    stop.abort();
  }
}
