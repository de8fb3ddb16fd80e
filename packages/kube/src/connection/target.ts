import type { ClusterEntry, UserEntry } from './kubeconfig.ts';

/** One cluster and one user, after files and flags have been weighed. */
export interface Target {
  /** Absent in a pod, or when flags alone name the server. */
  readonly context: string | undefined;
  readonly namespace: string;
  readonly cluster: ClusterEntry & { readonly server: string };
  readonly user: UserEntry;
  /** As errors name it; a flag may have made it, so it need not stand in a file. */
  readonly userName: string;
  /** The kubeconfig files read; empty in a pod. */
  readonly files: readonly string[];
}
