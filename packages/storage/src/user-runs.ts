import { join } from 'node:path';
import {
  AppError,
  openKept,
  type Backup,
  type Keyring,
  type RunRecord,
  type RunStore,
  type Store,
} from '@infrabackup/core';
import { openDiskRunStore } from './disk-run-store.ts';
import { openFileStore } from './file-store.ts';
import { findBackup, openFoundBackup, type OpenOther } from './find-backup.ts';
import type { Locations } from './locations.ts';

/** Where a user's runs lie, and what they come from. */
export interface UserRunsOptions {
  /** The user's state folder. */
  readonly stateFolder: string;
  readonly locations: Pick<Locations, 'open'>;
  /** The absolute folder that relative paths start from. */
  readonly workingFolder: string;
  /** What encrypted objects are opened with, of backups and of what was kept. */
  readonly keyring?: Keyring | undefined;
  /** Opens backups of other tools. */
  readonly openOther?: OpenOther | undefined;
}

/** The runs of a user on this machine, with what it takes to go on with them and to take them back. */
export interface UserRuns {
  readonly store: RunStore;
  /** Where to keep what a run changes: beside the backups of its location, else in the user's own state folder. */
  keepers(location: string): Promise<readonly Store[]>;
  /**
   * The backup that a restore restores, from where it was when the run was planned. Throws BACKUP_DIGEST_MISMATCH when
   * it is another one by now, and as `findBackup`.
   */
  openBackup(run: RunRecord, signal?: AbortSignal): Promise<Backup>;
  /** What a run takes its objects from: a restore from its backup, an undo from what was kept, if anything was. */
  openSource(run: RunRecord, signal?: AbortSignal): Promise<Backup | undefined>;
  /** What a run kept before its first write; undefined where it changed nothing that was there. Throws RUN_NOT_FOUND. */
  openKept(id: string, signal?: AbortSignal): Promise<Backup | undefined>;
}

/** The runs of a user. Nothing is read yet. */
export function openUserRuns(options: UserRunsOptions): UserRuns {
  const { stateFolder, locations, workingFolder, keyring, openOther } = options;
  const store = openDiskRunStore(join(stateFolder, 'restores'));

  async function openBackup({ head, plan }: RunRecord, signal?: AbortSignal): Promise<Backup> {
    const { from, archive } = placeOf(head.location);
    const named = archive ?? (from === undefined ? head.location : plan.backup.name);
    const found = await findBackup(named, { from, locations, workingFolder, signal });
    const backup = await openFoundBackup(found, { signal, keyring, openOther });
    const { digest } = plan.backup;
    if (digest === undefined || backup.summary?.digest === digest) return backup;
    throw new AppError(
      'BACKUP_DIGEST_MISMATCH',
      `${named} is no longer the backup that restore ${head.id} was planned from`,
      { refs: [named] },
    );
  }

  async function openKeptOf(id: string, signal?: AbortSignal): Promise<Backup | undefined> {
    return openKept(await store.read(id), { openStore: (uri) => locations.open(uri), keyring, signal });
  }

  return {
    store,
    openBackup,
    openKept: openKeptOf,
    async keepers(location) {
      const own = openFileStore(join(stateFolder, 'kept'));
      const { from } = placeOf(location);
      if (from === undefined) return [own];
      const beside = await locations.open(from);
      // What nobody needs once the restore is settled is not for a history that lasts.
      return beside.capabilities.keepsRemoved === true ? [own] : [beside, own];
    },
    async openSource(run, signal) {
      const { kind, undoes } = run.head;
      return kind === 'restore' ? await openBackup(run, signal) : await openKeptOf(undoes!, signal);
    },
  };
}

/**
 * What a run's location says: that of a backup, or of a tarball at its root by the name of its file; neither for a path,
 * which has no scheme, nor has a drive's letter.
 */
function placeOf(location: string): { readonly from?: string; readonly archive?: string } {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(location)) return {};
  const {
    place,
    archive,
    options = '',
  } = /^(?<place>[^?]*)\/(?<archive>[^/?]*\.tar\.gz(?:\.enc)?)(?<options>\?.*)?$/.exec(location)?.groups ?? {};
  return archive === undefined ? { from: location } : { from: `${place!}${options}`, archive };
}
