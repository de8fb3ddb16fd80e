import type { Manifest } from '../object/manifest.ts';

/** One version of a custom resource, as its definition has it. */
export interface CustomVersion {
  readonly served: boolean;
  readonly deprecated: boolean;
  /** What its author says about the deprecation; undefined when nothing. */
  readonly warning: string | undefined;
}

/** Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/ */
interface DefinitionSpec {
  readonly versions?: readonly VersionSpec[];
  /** What apiextensions.k8s.io/v1beta1 may have instead of `versions`. */
  readonly version?: string;
  readonly conversion?: { readonly strategy?: string };
}

interface VersionSpec {
  readonly name: string;
  readonly served: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
}

/** What a CustomResourceDefinition says about a version; undefined when there is none, or it does not have it. */
export function customVersion(definition: Manifest | undefined, version: string): CustomVersion | undefined {
  const spec = definition?.['spec'] as DefinitionSpec | undefined;
  const versions = spec?.versions ?? (spec?.version === undefined ? [] : [{ name: spec.version, served: true }]);
  const found: VersionSpec | undefined = versions.find(({ name }) => name === version);
  if (found === undefined) return undefined;
  return { served: found.served, deprecated: found.deprecated === true, warning: found.deprecationWarning };
}

/** Whether all versions of a custom resource have one shape, so that only the apiVersion changes from one to another. */
export function hasNoConversion(definition: Manifest | undefined): boolean {
  const spec = definition?.['spec'] as DefinitionSpec | undefined;
  return spec !== undefined && (spec.conversion?.strategy ?? 'None') === 'None';
}
