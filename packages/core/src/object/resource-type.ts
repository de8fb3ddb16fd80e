/**
 * One kind of thing that an API server serves, as discovery describes it.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology
 */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  /** The version that the server prefers for this type; objects are read and stored in it. */
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Names without the type's own, e.g. `status`, `scale`. */
  readonly subresources: readonly string[];
  /** Every version in which the type is served, in the server's order of preference. */
  readonly servedVersions: readonly string[];
}

/** What names a type in a backup, whatever its version: `deployments.apps`; the core group has no suffix: `pods`. */
export type TypeName = string;

/** The {@link TypeName} of a type. */
export function typeName(type: Pick<ResourceType, 'group' | 'plural'>): TypeName {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** The `apiVersion` that objects of the type carry: `v1`, `apps/v1`. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}
