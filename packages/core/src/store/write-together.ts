import type { Store } from './store.ts';

/**
 * Lets `write` write to the store so that all of it appears at once when it is done, and nothing when it throws; in a
 * store that cannot do that every write stands by itself. Throws what `write` and `StoreBatch.commit` throw.
 */
export async function writeTogether<T>(
  store: Store,
  title: string,
  signal: AbortSignal | undefined,
  write: (store: Store) => Promise<T>,
): Promise<T> {
  if (store.begin === undefined) return write(store);
  await using batch = await store.begin(title, signal);
  const result = await write(batch);
  await batch.commit(signal);
  return result;
}
