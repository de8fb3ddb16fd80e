import { isAppError } from '@infrabackup/core';
import { openConnection, type ConnectionFlags } from './open-cluster.ts';
import type { Shell } from './shell.ts';

/** The namespace that kubectl would work in; `default` where no cluster is configured. Reads files, asks no server. */
export async function contextNamespace(flags: ConnectionFlags, shell: Shell): Promise<string> {
  try {
    return (await openConnection(flags, shell)).namespace;
  } catch (error) {
    if (isAppError(error)) return 'default';
    throw error;
  }
}
