import type { Manifest } from '../object/manifest.ts';
import type { RawObject } from '../object/raw-object.ts';
import type { ResourceType } from '../object/resource-type.ts';

/** Which cluster, at which version. */
export interface ClusterIdentity {
  /** The uid of the namespace `kube-system`, which lives as long as the cluster; absent where it may not be read. */
  readonly uid?: string;
  /** `gitVersion` of the API server, e.g. `v1.36.3`. */
  readonly version: string;
  /** The API server's URL. */
  readonly server: string;
  /** The kubeconfig context in use; absent in a pod or when flags alone name the server. */
  readonly context?: string;
}

/** What the API server serves, asked anew at each call. */
export interface Discovery {
  /** Sorted by type name. Only whole resources, in the version that the server prefers. */
  readonly types: readonly ResourceType[];
  /** Groups whose types could not be asked for (an aggregated API whose back end is away): never silently left out. */
  readonly failures: readonly DiscoveryFailure[];
}

/** A group (and version) of which discovery could not tell the types. */
export interface DiscoveryFailure {
  /** `metrics.k8s.io/v1beta1`. */
  readonly groupVersion: string;
  readonly message: string;
}

/** How many requests more than one a list may have at work, shared by lists that are read at a time. */
export interface SpareRequests {
  /** Takes one; false where there is none. */
  take(): boolean;
  giveBack(): void;
}

/** What to list. */
export interface ListRequest {
  readonly type: ResourceType;
  /** One namespace; absent lists all of them, or a cluster-scoped type. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Exactly this etcd revision (`resourceVersionMatch=Exact`); absent reads the newest. */
  readonly revision?: string | undefined;
  /** Objects a request (`limit`); absent takes the reader's own, 0 asks for all in one request. */
  readonly chunkSize?: number | undefined;
  /** For pages that are asked for before the one at hand is whole; absent: each of them is. */
  readonly spare?: SpareRequests | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What to count: a list, however it would be read. */
export type CountRequest = Omit<ListRequest, 'revision' | 'chunkSize' | 'spare'>;

/** Some objects of a list, as they arrived. */
export interface ListBatch {
  /** In the server's order. Windows on a reused buffer: valid until the next batch is asked for. */
  readonly objects: readonly RawObject[];
  /** The list's `metadata.resourceVersion`, in the batch in which it is first known; undefined in the others. */
  readonly revision?: string | undefined;
}

/**
 * The reading half of a cluster. Whoever holds only this cannot change anything.
 *
 * Every method retries what may pass (429 and 503 with their Retry-After, cut connections of idempotent requests),
 * refreshes the credential once on 401, and throws AppError: `CLUSTER_UNREACHABLE`, `CLUSTER_TLS`, `CLUSTER_TIMEOUT`,
 * `CLUSTER_UNAUTHORIZED`, `CLUSTER_FORBIDDEN`, `CLUSTER_ERROR`, `CLUSTER_PROTOCOL`, `CREDENTIAL_FAILED`, `CANCELLED`.
 */
export interface ClusterReader {
  identity(signal?: AbortSignal): Promise<ClusterIdentity>;
  /** Partial failure is data: see {@link Discovery.failures}. */
  discover(signal?: AbortSignal): Promise<Discovery>;
  /**
   * All objects of the request, page by page, in batches cut at the pace of the consumer: not more than a few MiB are
   * ahead of it. Throws `CLUSTER_REVISION_GONE` on 410, at any page, after any number of batches.
   */
  list(request: ListRequest): AsyncIterable<ListBatch>;
  /** How many objects the request matches now, by the cheapest way the server offers. */
  count(request: CountRequest): Promise<number>;
  /** The newest revision, read through one object of the request's list (`limit=1`); undefined where the API gives none. */
  currentRevision(request: CountRequest): Promise<string | undefined>;
  /** The object as it is now; undefined when it does not exist. */
  get(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<Manifest | undefined>;
}
