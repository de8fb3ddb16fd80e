import type { Store, StoreEntry } from '../store/store.ts';
import { readClaimsOf } from './backup-folder.ts';
import type { CurrentClaim } from './backup-folder.ts';
import { backupsPrefix } from './backup-files.ts';
import { isBackupName } from './backup-name.ts';
import { isStale } from './take-claim.ts';
import type { ClaimOptions } from './take-claim.ts';

/** A backup that is being written or deleted, or that was when its writer died. */
export interface Debris {
  readonly name: string;
  readonly sizeBytes: number;
  /** Absent when only what a delete did not get to remove any more is left. */
  readonly claim?: CurrentClaim;
  /** Whether nobody works on it any more: then it can be removed. */
  readonly stale: boolean;
}

/**
 * What `list` does not show: folders of this program's without a summary, in the order of the store's listing.
 *
 * One listing of the whole location, and a read for each unfinished backup.
 */
export async function* listDebris(store: Store, options: ClaimOptions): AsyncGenerator<Debris> {
  for await (const [name, entries] of foldersOf(store, options.signal)) {
    const { claim, claimKeys, published } = await readClaimsOf(store, name, entries, options.signal);
    if (published || claimKeys.length === 0) continue;
    yield {
      name,
      sizeBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      ...(claim !== undefined && { claim }),
      stale: claim === undefined || (await isStale(store, claim, options)),
    };
  }
}

/** What lies in each backup's folder; a listing shows the keys of one folder together. */
async function* foldersOf(store: Store, signal: AbortSignal | undefined): AsyncGenerator<[string, StoreEntry[]]> {
  let current = '';
  const entries: StoreEntry[] = [];
  for await (const entry of store.list(backupsPrefix, signal)) {
    const [name, file] = entry.key.slice(backupsPrefix.length).split('/', 2);
    if (name === undefined || file === undefined || !isBackupName(name)) continue;
    if (name !== current && entries.length > 0) yield [current, entries.splice(0)];
    current = name;
    entries.push(entry);
  }
  if (entries.length > 0) yield [current, entries];
}
