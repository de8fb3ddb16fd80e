import type { DiscoveryFailure, ResourceType } from '@infrabackup/core';

/** One API group as either way of discovery tells it. */
export interface DiscoveredGroup {
  readonly group: string;
  /** In the server's order of preference. */
  readonly versions: readonly { readonly version: string; readonly resources: readonly DiscoveredResource[] }[];
  readonly failures: readonly DiscoveryFailure[];
}

/** A type as one version of its group serves it. */
export type DiscoveredResource = Omit<ResourceType, 'group' | 'version' | 'servedVersions'>;
