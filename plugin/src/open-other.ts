import type { Keyring } from '@infrabackup/core';
import type { ForeignPlaceOfBackup, openForeign } from '@infrabackup/formats';
import { contextNamespace } from './context-namespace.ts';
import { openCluster, type ConnectionFlags } from './open-cluster.ts';
import type { Shell } from './shell.ts';

/** What another tool made, as a backup of ours; undefined where it made nothing there. */
export type OpenOther = (found: ForeignPlaceOfBackup) => ReturnType<typeof openForeign>;

/**
 * Opens backups of Velero and of Rancher's operator, and manifests. A cluster is asked what it serves only for
 * manifests of kinds that nothing else tells of, and need not be there.
 */
export function otherToolsOpener(keyring: Keyring | undefined, flags: ConnectionFlags, shell: Shell): OpenOther {
  return async (found) => {
    const [{ openForeign: open }, { openDiskSpool }] = await Promise.all([
      import('@infrabackup/formats'),
      import('@infrabackup/storage'),
    ]);
    return await open(found, {
      keyring,
      signal: shell.signal,
      openSpool: () => openDiskSpool(shell.scratchFolder),
      namespace: found.kind === 'path' ? await contextNamespace(flags, shell) : 'default',
      discover: async () => {
        try {
          return (await (await openCluster(flags, shell)).discover(shell.signal)).types;
        } catch {
          return [];
        }
      },
    });
  };
}
