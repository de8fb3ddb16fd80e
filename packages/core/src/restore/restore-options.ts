import type { NamespaceMapping } from './map-namespaces.ts';
import type { ResourceModifiers } from './modifiers/resource-modifiers.ts';

/** What becomes of objects that exist and differ from the backup. */
export type ExistingPolicy =
  /** They stay as they are. */
  | 'skip'
  /** They get the backup's content; what cannot be changed in place is a conflict. */
  | 'update'
  /** As `update`; what cannot be changed in place is deleted and created anew, where that is safe. */
  | 'replace';

/** Everything that changes what a restore does, and so what a diff shows. Plain data, kept with each run. */
export interface RestoreOptions {
  readonly existing: ExistingPolicy;
  /** Whether live objects that the backup's selection covers and the backup does not have are deleted. */
  readonly prune: boolean;
  readonly namespaceMapping: NamespaceMapping;
  /** Whose status is restored: that of created objects, of all that are written, or none. */
  readonly status: 'created' | 'all' | 'none';
  readonly modifiers: ResourceModifiers | undefined;
  /** Whether what the control plane owns is restored like anything else. */
  readonly includeControlPlane: boolean;
  /** Whether cluster-scoped objects are restored under a namespace mapping. */
  readonly includeClusterResources: boolean;
  /** Cluster IPs and node ports; absent: kept, but given anew in another cluster and to copies in mapped namespaces. */
  readonly addresses: 'keep' | 'reassign' | undefined;
  /** Objects that another tool or controller writes too: restored with a note, or left alone. */
  readonly managed: 'warn' | 'skip';
  /** Whether creations are tried on the server too, beside changes, which always are. */
  readonly validate: boolean;
}

/** What a restore does when nothing is said. */
export const defaultRestoreOptions: RestoreOptions = {
  existing: 'update',
  prune: false,
  namespaceMapping: {},
  status: 'created',
  modifiers: undefined,
  includeControlPlane: false,
  includeClusterResources: false,
  addresses: undefined,
  managed: 'warn',
  validate: false,
};
