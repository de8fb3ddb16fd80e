import type { FileHandle } from 'node:fs/promises';
import type { diskGuard } from './disk-error.ts';

/** As much may wait for the disk until it is told to take it: what waits at the end is waited for alone. */
const unsyncedBytes = 8 << 20;

/**
 * Writes the chunks one after another and resolves when the disk has them all; `disk` is given each call. The disk takes
 * them while more come: one that is told of 70 MB at the end keeps a backup waiting for a tenth of a second.
 */
export async function writeDurably(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  disk: ReturnType<typeof diskGuard>,
): Promise<void> {
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  /** A file system tells a failure once: a later sync would know nothing of it. */
  let failure: { readonly error: unknown } | undefined;
  const syncAside = async (): Promise<void> => {
    try {
      await disk(handle.datasync());
    } catch (error) {
      failure ??= { error };
    }
    syncing = undefined;
  };
  try {
    for await (const chunk of chunks) {
      await disk(handle.writeFile(chunk));
      // Nobody needs the rest of what cannot be kept.
      if (failure !== undefined) break;
      unsynced += chunk.length;
      if (unsynced < unsyncedBytes || syncing !== undefined) continue;
      unsynced = 0;
      syncing = syncAside();
    }
  } finally {
    // The handle is the caller's to close.
    await syncing;
  }
  if (failure !== undefined) throw failure.error;
  await disk(handle.sync());
}
