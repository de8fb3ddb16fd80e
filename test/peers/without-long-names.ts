import type { Cluster } from '../cluster/cluster.ts';
import { snapshotCluster } from '../support/cluster-snapshot.ts';

/** What a file system takes for a name, less what the tools add to it. */
const longestName = 240;

/**
 * Takes from the fixtures what keeps the peers from working on a cluster at all: objects with names that no file can
 * have, since both make files of objects. Velero gives up on all of a restore for one, Rancher's operator on a backup.
 * And lets go what is being deleted, which is restored as something that stays.
 */
export async function withoutLongNames(cluster: Cluster): Promise<void> {
  const unheld = '{"metadata":{"finalizers":null}}';
  await cluster.kubectl(['patch', 'configmap', 'being-deleted', '-n', 'shop', '--type=merge', '-p', unheld]);
  for (const key of (await snapshotCluster(cluster.client())).keys()) {
    const { kind, namespace, name } = /^(?<kind>.*?)\.? (?<namespace>[^/]*)\/(?<name>[^]*)$/.exec(key)!.groups!;
    if (name!.length <= longestName) continue;
    await cluster.kubectl(['delete', kind!, name!, ...(namespace === '' ? [] : ['-n', namespace!])]);
  }
}
