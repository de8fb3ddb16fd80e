import { orCancelled } from '../concurrently.ts';
import { throwIfCancelled } from '../errors/app-error.ts';
import type { StoreBody } from './store.ts';

/**
 * The body's chunks, one at a time, at the pace of the consumer.
 *
 * Throws CANCELLED as soon as the signal fires, also while the source is silent; an error of the source comes through
 * unchanged. The source is told to stop whenever the consumer stops early.
 */
export async function* chunksOf(body: StoreBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  throwIfCancelled(signal);
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const iterator = body[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const step = await orCancelled(iterator.next(), signal).catch((error: unknown) => {
        finished = signal?.aborted !== true;
        throw error;
      });
      finished = step.done === true;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    if (!finished) {
      // A generator that waits inside next() answers return() only afterwards, perhaps never: nobody waits for it.
      const stopped = Promise.resolve(iterator.return?.()).then(undefined, () => undefined);
      if (signal?.aborted !== true) await stopped;
    }
  }
}
