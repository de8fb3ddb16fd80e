import { setTimeout as sleep } from 'node:timers/promises';
import { formatInstant } from '../clock.ts';
import { AppError, isAppError, throwIfCancelled } from '../errors/app-error.ts';
import type { Store } from '../store/store.ts';
import { fromFlag } from './from-flag.ts';
import { claimKeyAfter, formatClaim, readBackupFolder, readClaim } from './backup-folder.ts';
import type { BackupFolder, Claim, CurrentClaim } from './backup-folder.ts';
import { backupFiles } from './backup-files.ts';
import type { BackupFiles } from './backup-files.ts';
import type { BackupWriter } from './backup-writer.ts';
import { readStoreTime } from './store-time.ts';

/** A claim older than this, by the store's own times, is taken over: no operation lasts so long. */
const staleAfterMs = 24 * 3_600_000;

/** The right to write, or delete, one backup. Held until somebody takes it over as stale, or by force. */
export interface HeldClaim {
  readonly name: string;
  readonly files: BackupFiles;
  readonly writer: BackupWriter;
  /** Where the claim lies. */
  readonly key: string;
}

/** How a claim is made. */
export interface ClaimOptions {
  readonly writer: BackupWriter;
  readonly signal?: AbortSignal | undefined;
  /** How long others are given to show themselves where the store has no conditional create; 2 s when left out. */
  readonly settleMs?: number | undefined;
}

/**
 * Claims a backup in place of the claim with the id `after` (undefined: of none), and does what needs it; undefined
 * when another was faster. `use` gets the folder as it is now that it is ours; when it throws, the claim is given up.
 */
export async function takeClaim<T>(
  store: Store,
  name: string,
  purpose: Claim['purpose'],
  after: string | undefined,
  { writer, signal, settleMs = 2_000 }: ClaimOptions,
  use: (held: HeldClaim, folder: BackupFolder) => Promise<T>,
): Promise<T | undefined> {
  const { id, host, pid, clock } = writer;
  const files = backupFiles(name);
  const key = claimKeyAfter(files, after);
  const claim: Claim = { id, purpose, host, pid, claimedAt: formatInstant(clock.now()) };
  try {
    await store.create(key, formatClaim(claim), signal);
  } catch (error) {
    if (!isAppError(error, 'STORE_EXISTS')) throw error;
    // Our own, when the store's answer was lost and the driver asked again.
    if ((await readClaim(store, key, signal))?.id !== id) return undefined;
  }
  const held = { name, files, writer, key };
  try {
    if (!store.capabilities.conditionalCreate) await settle(settleMs, signal);
    return await use(held, await confirmClaim(store, held, signal));
  } catch (error) {
    // What went wrong is what the caller must know, not that it cannot be cleared up either.
    await giveUpClaim(store, held, key, claim).catch(() => undefined);
    throw error;
  }
}

async function giveUpClaim(store: Store, held: HeldClaim, key: string, claim: Claim): Promise<void> {
  const folder = await readBackupFolder(store, held.name);
  if (folder.claim?.id !== claim.id) return;
  // After half a delete nobody may take the folder for one that is still being written: the claim stays.
  if (claim.purpose === 'write') await store.remove(key);
  else await store.replace(key, formatClaim({ ...claim, released: true }));
}

/**
 * What lies in the folder, as long as the claim is still held; throws BACKUP_CLAIMED when somebody took it over.
 *
 * Whoever lost a claim leaves everything as it is: it is another's now.
 */
export async function confirmClaim(store: Store, held: HeldClaim, signal?: AbortSignal): Promise<BackupFolder> {
  const folder = await readBackupFolder(store, held.name, signal);
  if (folder.claim?.id !== held.writer.id) throw claimed(store, folder);
  return folder;
}

/** Whether a claim's owner is done with it: gave it up, ended, where that can be told, or is silent for a day. */
export async function isStale(store: Store, claim: CurrentClaim, { writer, signal }: ClaimOptions): Promise<boolean> {
  if (claim.released === true || (claim.host === writer.host && !writer.isRunning(claim.pid))) return true;
  return (await readStoreTime(store, writer.id, signal)) - claim.modifiedMs > staleAfterMs;
}

/** The error for a folder that somebody else works on. */
export function claimed(store: Store, { name, claim }: BackupFolder): AppError {
  if (claim === undefined) {
    return new AppError('BACKUP_CLAIMED', `the backup ${name} in ${store.uri} is being deleted by another process`, {
      hint: 'try again',
    });
  }
  const { purpose, pid, host, claimedAt } = claim;
  const deeds = { write: 'written', delete: 'deleted' };
  const owner = `process ${pid} on ${host.split('#', 1)[0]!}`;
  return new AppError(
    'BACKUP_CLAIMED',
    `the backup ${name} in ${store.uri} is being ${deeds[purpose]} by ${owner} since ${claimedAt}; it was left alone`,
    {
      hint: `wait for that process; when it is gone: kubectl infrabackup delete ${name}${fromFlag(store)} --force`,
      refs: [name],
    },
  );
}

/** The error for a folder that holds a backup. */
export function taken(store: Store, { name, published, contents }: BackupFolder): AppError {
  if (published) {
    return new AppError('BACKUP_EXISTS', `${store.uri} has a backup ${name} already; it was left as it is`, {
      hint: `choose another name, or delete it first: kubectl infrabackup delete ${name}${fromFlag(store)}`,
      refs: [name],
    });
  }
  return new AppError(
    'BACKUP_EXISTS',
    `the folder of the backup ${name} in ${store.uri} holds files of another program; they were left as they are`,
    {
      hint: `choose another name, or remove them: kubectl infrabackup delete ${name}${fromFlag(store)} --force`,
      refs: contents.map(({ key }) => key),
    },
  );
}

async function settle(settleMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(settleMs, undefined, signal && { signal }).catch(() => undefined);
  throwIfCancelled(signal);
}
