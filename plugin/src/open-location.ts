import { join } from 'node:path';
import { userFolders, type Store } from '@infrabackup/core';
import type { Locations } from '@infrabackup/storage';
import type { Shell } from './shell.ts';

/** The locations that the user has configured. Nothing is read yet. */
export async function userLocations(shell: Shell): Promise<Locations> {
  const { openLocations } = await import('@infrabackup/storage');
  const { config, data } = userFolders(shell);
  return openLocations({
    configFile: join(config, 'config.yaml'),
    dataFolder: data,
    workingFolder: shell.workingFolder,
    env: shell.env,
  });
}

/** The location that the user named by a URI, a path or a name of the configuration; the default one without a name. */
export async function openLocation(named: string | undefined, shell: Shell): Promise<Store> {
  return await (await userLocations(shell)).open(named);
}
