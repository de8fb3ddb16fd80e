import { AppError } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { backupsPrefix } from './backup-files.ts';

/**
 * What time it is by the store's own clock, the only one that its times may be compared with.
 *
 * Writes, looks at and removes a value whose name (the underscore) is no backup's.
 */
export async function readStoreTime(store: Store, probeId: string, signal?: AbortSignal): Promise<number> {
  const key = `${backupsPrefix}probe_${probeId}`;
  await store.replace(key, new Uint8Array(), signal);
  try {
    const entry = await store.stat(key, signal);
    if (entry !== undefined) return entry.modifiedMs;
  } finally {
    await store.remove(key);
  }
  throw new AppError('STORE_UNAVAILABLE', `${store.uri} did not show ${key} just after it was written`);
}
