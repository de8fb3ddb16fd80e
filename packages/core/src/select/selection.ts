import type { ObjectRef } from '../object/ref.ts';

/** What to back up, or to look at: an object is selected when any rule selects it. Plain data, kept in each backup. */
export interface Selection {
  /**
   * The preset or the specification that the rules came from; absent for rules of the user's own. Both are written for
   * many clusters: types that they name and a cluster does not serve are told, not refused.
   */
  readonly preset?: string;
  readonly rules: readonly SelectionRule[];
  /** What must hold beside one of the rules: the flags that narrow a preset. Absent: nothing more. */
  readonly within?: SelectionRule;
  /**
   * Whether only what the rules select is in: otherwise selected namespaces bring their Namespace objects along, and
   * custom resources their definitions. Absent: no.
   */
  readonly exact?: boolean;
  /** Workloads that a restore scales to 0 while it goes on; absent: none. */
  readonly scaleDown?: readonly ObjectRef[];
}

/** Conditions that must all hold. An absent condition holds for everything. */
export interface SelectionRule {
  /**
   * Namespace names or patterns (`*`, `?`, or a regular expression between slashes, as everywhere here); absent: all.
   * An empty list is never all: it selects nothing.
   */
  readonly includeNamespaces?: readonly string[];
  readonly excludeNamespaces?: readonly string[];
  /** Only types that this group serves in this version (`v1`, `apps/v1`); absent: every group. */
  readonly apiVersion?: string;
  /**
   * Type names as a user writes them (`deploy`, `deployments.apps`, `*.cert-manager.io`); absent: every type. A regular
   * expression is held against the kind and the plural.
   */
  readonly includeResources?: readonly string[];
  readonly excludeResources?: readonly string[];
  /**
   * Whether cluster-scoped types are in. Absent: they are when no namespace condition is set, and when
   * `includeResources` names them; a selected namespace then still brings its own Namespace object.
   */
  readonly includeClusterResources?: boolean;
  /** The full grammar of `kubectl -l`. */
  readonly labelSelector?: string;
  /** Fields that objects must have, as the API server takes them: `metadata.name=a,type=Opaque`. */
  readonly fieldSelector?: string;
  /** Object names or patterns; absent: all. */
  readonly names?: readonly string[];
  readonly excludeNames?: readonly string[];
  /** Whether the table of noise is left out; absent: yes. A noise type that is named in `includeResources` is in all the same. */
  readonly excludeNoise?: boolean;
}
