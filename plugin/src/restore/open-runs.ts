import { userFolders, type Backup, type Keyring, type RunRecord, type RunStore } from '@infrabackup/core';
import type { UserRuns } from '@infrabackup/storage';
import { userLocations } from '../open-location.ts';
import { otherToolsOpener } from '../open-other.ts';
import type { Shell } from '../shell.ts';

/**
 * The restores of this user on this machine, and what they come from, with the keys that open it. Nothing is read yet.
 */
export async function userRuns(shell: Shell, keyring?: Keyring): Promise<UserRuns> {
  const { openUserRuns } = await import('@infrabackup/storage');
  const [{ state: stateFolder }, locations] = [userFolders(shell), await userLocations(shell)];
  return openUserRuns({
    ...{ stateFolder, locations, workingFolder: shell.workingFolder, keyring },
    openOther: otherToolsOpener(keyring, {}, shell),
  });
}

/** The restores of this user on this machine. */
export async function openRuns(shell: Shell): Promise<RunStore> {
  return (await userRuns(shell)).store;
}

/** The backup that a run restores; see `openUserRuns` of storage. */
export async function openBackupOf(run: RunRecord, keyring: Keyring | undefined, shell: Shell): Promise<Backup> {
  return (await userRuns(shell, keyring)).openBackup(run, shell.signal);
}
