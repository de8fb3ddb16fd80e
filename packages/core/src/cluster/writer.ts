import type { JsonObject, Manifest } from '../object/manifest.ts';
import type { ResourceType } from '../object/resource-type.ts';

/** The object that a request is about, and the API version that its body is written in. */
export interface WriteTarget {
  readonly type: Pick<ResourceType, 'group' | 'version' | 'plural' | 'namespaced'>;
  /** Undefined for cluster-scoped types. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** One change to one object, as data. */
export type WriteRequest =
  /** POST. */
  | (WriteTarget & { readonly verb: 'create'; readonly body: Manifest; readonly fieldManager?: string | undefined })
  /** Server-side apply, with force: what the body names belongs to the manager afterwards. Creates when absent. */
  | (WriteTarget & { readonly verb: 'apply'; readonly body: Manifest; readonly fieldManager: string })
  /** PUT. A body with a `metadata.resourceVersion` is refused with 409 when the object has moved on. */
  | (WriteTarget & {
      readonly verb: 'update';
      readonly subresource?: 'status' | undefined;
      readonly body: Manifest;
      readonly fieldManager?: string | undefined;
    })
  /** JSON merge patch. */
  | (WriteTarget & {
      readonly verb: 'patch';
      readonly subresource?: 'status' | 'scale' | undefined;
      readonly patch: JsonObject;
      readonly fieldManager?: string | undefined;
    })
  /** DELETE; refused with 409 when the object's uid (and resourceVersion) is another. */
  | (WriteTarget & {
      readonly verb: 'delete';
      readonly uid: string;
      readonly resourceVersion?: string | undefined;
      readonly propagation: 'Orphan' | 'Background' | 'Foreground';
    });

/** One field that the server found fault with. */
export interface RefusalCause {
  /** Empty where the server names none. */
  readonly field: string;
  /** `FieldValueInvalid`, `FieldValueForbidden`, ...; empty where the server names none. */
  readonly reason: string;
  readonly message: string;
}

/** The server's no: its Status object, cut to what is acted upon. */
export interface Refusal {
  readonly httpStatus: number;
  /** `AlreadyExists`, `Conflict`, `Invalid`, ...; `NotServed` for a path without an API; empty where there is none. */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly RefusalCause[];
}

/** What became of a request that reached the server. */
export type WriteAnswer =
  /** `object` is the object as the server left it; undefined after a deletion that needs no waiting. */
  | { readonly kind: 'done'; readonly object: Manifest | undefined; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What a request may be given along. */
export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** `Strict` refuses unknown members, `Warn` (the default) drops them and says so in `warnings`. */
  readonly fieldValidation?: 'Strict' | 'Warn' | undefined;
}

/**
 * The writing half of a cluster.
 *
 * A refusal of the one object is an answer. Thrown is what ends the operation: the codes of `ClusterReader`. 429 and
 * 503 with a Retry-After are waited for, since the server did nothing yet; a 401 refreshes the credential once. What is
 * only tried (a dry run) is tried again after a cut connection and a 500. A cut connection is else never retried, since the server may have done it: CLUSTER_UNREACHABLE and CLUSTER_TIMEOUT leave open
 * what happened, and only reading the object tells.
 */
export interface ClusterWriter {
  write(request: WriteRequest, options?: WriteOptions): Promise<WriteAnswer>;
}

/** A {@link ClusterWriter} that changes nothing: every request is tried on the server (`dryRun=All`) and dropped. */
export interface DryRunWriter extends ClusterWriter {
  readonly dryRun: true;
}

/** What a client offers from which both kinds of writer are made; see {@link dryRunWriter} and {@link realWriter}. */
export interface WriteDoor {
  send(request: WriteRequest, dryRun: boolean, options: WriteOptions): Promise<WriteAnswer>;
}

/** The writer whose requests the server tries and drops: planning holds this one, so that it cannot change anything. */
export function dryRunWriter(door: WriteDoor): DryRunWriter {
  return { dryRun: true, write: (request, options = {}) => door.send(request, true, options) };
}

/** The writer whose requests count. */
export function realWriter(door: WriteDoor): ClusterWriter {
  return { write: (request, options = {}) => door.send(request, false, options) };
}
