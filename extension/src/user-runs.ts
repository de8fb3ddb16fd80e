import { homedir } from 'node:os';
import type { UserRuns } from '@infrabackup/storage';
import type { App } from './app.ts';

/** Where this user's restores are kept; the plugin knows them too. */
export async function userRuns({ locations }: Pick<App, 'locations'>): Promise<UserRuns> {
  const [{ openUserRuns }, { state }] = await Promise.all([import('@infrabackup/storage'), locations.folders()]);
  return openUserRuns({ stateFolder: state, locations, workingFolder: homedir() });
}
