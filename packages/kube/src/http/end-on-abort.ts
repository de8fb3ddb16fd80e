/** What ends requests with a signal: a listener of its own for each of many would cost more than the set of them. */
const endingWith = new WeakMap<AbortSignal, Set<(error: Error) => void>>();

/** Has `end` called with the signal's reason when it fires, until what is returned is called. */
export function endOnAbort(end: (error: Error) => void, signal: AbortSignal): () => void {
  const ends = endingWith.get(signal) ?? new Set();
  if (!endingWith.has(signal)) {
    endingWith.set(signal, ends);
    signal.addEventListener('abort', () => {
      for (const each of ends) each(signal.reason as Error);
    });
  }
  ends.add(end);
  if (signal.aborted) end(signal.reason as Error);
  return () => ends.delete(end);
}
