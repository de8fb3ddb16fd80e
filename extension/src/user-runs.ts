import { homedir } from 'node:os';
import type { UserRuns } from '@infrabackup/storage';
import type { ClusterSession } from './cluster/cluster-session.ts';
import { otherToolsOpener } from './open-other.ts';
import type { UserLocations } from './user-locations.ts';

/** What runs are opened with. */
interface RunsApp {
  readonly cluster: ClusterSession;
  readonly locations: UserLocations;
}

/**
 * Where this user's restores are kept; the plugin knows them too. `location`, as a run's head has it, brings the keys to
 * what was restored from it, and to what was kept: without it nothing encrypted can be read.
 */
export async function userRuns({ cluster, locations }: RunsApp, location?: string): Promise<UserRuns> {
  const [{ openUserRuns }, { state }, keyring] = await Promise.all([
    import('@infrabackup/storage'),
    locations.folders(),
    location === undefined ? undefined : locations.keys(location),
  ]);
  const openOther = otherToolsOpener(cluster, keyring);
  return openUserRuns({ stateFolder: state, locations, workingFolder: homedir(), keyring, openOther });
}

/** The same, with the keys for one of them. Throws RUN_NOT_FOUND. */
export async function userRunsFor(app: RunsApp, id: string): Promise<UserRuns> {
  const { head } = await (await userRuns(app)).store.read(id);
  return userRuns(app, head.location);
}
