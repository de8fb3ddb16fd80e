import { openKept, type Backup } from '@infrabackup/core';
import { openLocation } from '../open-location.ts';
import type { Shell } from '../shell.ts';
import { openRuns } from './open-runs.ts';

/** What a run kept before its first write; undefined where it changed nothing that was there. */
export async function openKeptOf(id: string, shell: Shell): Promise<Backup | undefined> {
  const record = await (await openRuns(shell)).read(id);
  return await openKept(record, { openStore: (uri) => openLocation(uri, shell), signal: shell.signal });
}
