import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@infrabackup/core';
import type { Shell } from './shell.ts';

/** The location that the user named by a URI, a path or a name of the configuration; the default one without a name. */
export async function openLocation(named: string | undefined, shell: Shell): Promise<Store> {
  const { openStore } = await import('@infrabackup/storage');
  const data = shell.env['XDG_DATA_HOME'] ?? join(shell.env['HOME'] ?? homedir(), '.local/share');
  return await openStore(named ?? join(data, 'infrabackup'), { workingFolder: shell.workingFolder });
}
