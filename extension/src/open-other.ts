import { tmpdir } from 'node:os';
import type { Backup, Keyring } from '@infrabackup/core';
import type { ForeignPlaceOfBackup } from '@infrabackup/formats';
import type { ClusterSession } from './cluster/cluster-session.ts';

/** What another tool made, as a backup of ours; undefined where it made nothing there. */
export type OpenOther = (found: ForeignPlaceOfBackup) => Promise<Backup | undefined>;

/**
 * Opens backups of Velero and of Rancher's operator, and manifests. A cluster is asked what it serves only for
 * manifests of kinds that nothing else tells of, and need not be there.
 */
export function otherToolsOpener(cluster: ClusterSession, keyring: Keyring | undefined): OpenOther {
  return async (found) => {
    const [{ openForeign }, { openDiskSpool }] = await Promise.all([
      import('@infrabackup/formats'),
      import('@infrabackup/storage'),
    ]);
    return openForeign(found, {
      keyring,
      openSpool: () => openDiskSpool(tmpdir()),
      namespace: 'default',
      discover: async () => {
        try {
          return (await (await cluster.open()).discovery()).types;
        } catch {
          return [];
        }
      },
    });
  };
}
