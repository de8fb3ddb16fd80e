import { isAppError } from '../errors/app-error.ts';
import type { Store, StoreEntry } from '../store/store.ts';
import { backupFiles } from './backup-files.ts';
import type { BackupFiles } from './backup-files.ts';

/** Who writes or deletes a backup, as it stands in the location. */
export interface Claim {
  /** Random, so that a claim is told from any other. */
  readonly id: string;
  readonly purpose: 'write' | 'delete';
  readonly host: string;
  readonly pid: number;
  /** By the claimer's clock: shown, never compared. */
  readonly claimedAt: string;
  /** Whether its owner has given up before it was done; absent: no. */
  readonly released?: true;
}

/** The claim that counts. */
export interface CurrentClaim extends Claim {
  /** When it was made, by the store's clock. */
  readonly modifiedMs: number;
}

/** What lies in a backup's folder. */
export interface BackupFolder {
  readonly name: string;
  readonly files: BackupFiles;
  /** All but the claims, in the order of their keys. */
  readonly contents: readonly StoreEntry[];
  /** The keys of claims: the first one, those that took over from another, and any that lead nowhere. */
  readonly claimKeys: readonly string[];
  /** Absent where nobody ever claimed the folder, as in a backup of Velero's. */
  readonly claim?: CurrentClaim;
  /** Whether the summary is there, and so the backup. */
  readonly published: boolean;
}

/**
 * Reads what a backup's folder holds: one listing, and each claim that took over from another.
 *
 * Claims are a chain, so that of several who take over from one dead writer exactly one wins, by the same conditional
 * create as the first: `claim.json` is followed by `claim-<its id>.json`, and so on. The last one counts.
 */
export async function readBackupFolder(store: Store, name: string, signal?: AbortSignal): Promise<BackupFolder> {
  return readClaimsOf(store, name, await Array.fromAsync(store.list(backupFiles(name).folder, signal)), signal);
}

/** {@link readBackupFolder} for a folder that was listed already. */
export async function readClaimsOf(
  store: Store,
  name: string,
  entries: readonly StoreEntry[],
  signal?: AbortSignal,
): Promise<BackupFolder> {
  const files = backupFiles(name);
  const claims = new Map(entries.filter(({ key }) => isClaimKey(files, key)).map((entry) => [entry.key, entry]));
  const claimKeys = [...claims.keys()];
  let current: CurrentClaim | undefined;
  for (let entry = claims.get(files.claim); entry !== undefined;) {
    claims.delete(entry.key);
    const claim = await readClaim(store, entry.key, signal);
    if (claim === undefined) break;
    current = { ...claim, modifiedMs: entry.modifiedMs };
    entry = claims.get(claimKeyAfter(files, claim.id));
  }
  return {
    name,
    files,
    contents: entries.filter(({ key }) => !isClaimKey(files, key)),
    claimKeys,
    ...(current !== undefined && { claim: current }),
    published: entries.some(({ key }) => key === files.summary),
  };
}

/** Where the claim lies that takes over from the one with the given id; from none, the first one. */
export function claimKeyAfter(files: BackupFiles, id: string | undefined): string {
  return id === undefined ? files.claim : `${files.folder}claim-${id}.json`;
}

/** The bytes of a claim. */
export function formatClaim(claim: Claim): Uint8Array {
  return Buffer.from(`${JSON.stringify(claim)}\n`);
}

/** The claim under a key; undefined when it is gone. One that cannot be read is somebody's whom only time makes stale. */
export async function readClaim(store: Store, key: string, signal?: AbortSignal): Promise<Claim | undefined> {
  try {
    return parseClaim((await store.read(key, undefined, signal)).toString());
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function parseClaim(text: string): Claim {
  let found: Partial<Record<keyof Claim, unknown>> = {};
  try {
    found = (JSON.parse(text) as typeof found | null) ?? {};
  } catch {
    // Cut short by a crash, on a file system that cannot rule that out.
  }
  return {
    id: typeof found.id === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(found.id) ? found.id : 'unreadable',
    purpose: found.purpose === 'delete' ? 'delete' : 'write',
    host: typeof found.host === 'string' ? found.host : 'an unknown host',
    pid: typeof found.pid === 'number' ? found.pid : 0,
    claimedAt: typeof found.claimedAt === 'string' ? found.claimedAt : 'an unknown time',
    ...(found.released === true && { released: true }),
  };
}

function isClaimKey(files: BackupFiles, key: string): boolean {
  return key === files.claim || (key.startsWith(`${files.folder}claim-`) && key.endsWith('.json'));
}
