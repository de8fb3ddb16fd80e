import { homedir } from 'node:os';
import type { UserRuns } from '@infrabackup/storage';
import type { UserLocations } from './user-locations.ts';

/** Where this user's restores are kept; the plugin knows them too. */
export async function userRuns({ locations }: { readonly locations: UserLocations }): Promise<UserRuns> {
  const [{ openUserRuns }, { state }, keyring] = await Promise.all([
    import('@infrabackup/storage'),
    locations.folders(),
    locations.keys(),
  ]);
  return openUserRuns({ stateFolder: state, locations, workingFolder: homedir(), keyring });
}
