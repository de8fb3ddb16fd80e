/** What to back up, or to look at: an object is selected when any rule selects it. Plain data, kept in each backup. */
export interface Selection {
  /** The preset that the rules came from; absent for rules of the user's own. */
  readonly preset?: string;
  readonly rules: readonly SelectionRule[];
  /** What must hold beside one of the rules: the flags that narrow a preset. Absent: nothing more. */
  readonly within?: SelectionRule;
}

/** Conditions that must all hold. An absent condition holds for everything. */
export interface SelectionRule {
  /** Namespace names or patterns (`*`, `?`); absent: all. An empty list is never all: it selects nothing. */
  readonly includeNamespaces?: readonly string[];
  readonly excludeNamespaces?: readonly string[];
  /** Type names as a user writes them (`deploy`, `deployments.apps`, `*.cert-manager.io`); absent: every type. */
  readonly includeResources?: readonly string[];
  readonly excludeResources?: readonly string[];
  /**
   * Whether cluster-scoped types are in. Absent: they are when no namespace condition is set, and when
   * `includeResources` names them; a selected namespace then still brings its own Namespace object.
   */
  readonly includeClusterResources?: boolean;
  /** The full grammar of `kubectl -l`. */
  readonly labelSelector?: string;
  /** Object names or patterns (`*`, `?`); absent: all. */
  readonly names?: readonly string[];
  readonly excludeNames?: readonly string[];
  /** Whether the table of noise is left out; absent: yes. A noise type that is named in `includeResources` is in all the same. */
  readonly excludeNoise?: boolean;
}
