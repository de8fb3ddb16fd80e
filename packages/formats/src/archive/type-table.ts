import { compareUtf8, typeName, type ResourceType, type TypeName } from '@infrabackup/core';
import type { ForeignObject } from './foreign-object.ts';

/**
 * Short names of built-in types, which other tools' backups do not hold.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/#resource-types
 */
const builtInShortNames: Readonly<Record<TypeName, readonly string[]>> = {
  configmaps: ['cm'],
  endpoints: ['ep'],
  events: ['ev'],
  limitranges: ['limits'],
  namespaces: ['ns'],
  nodes: ['no'],
  persistentvolumeclaims: ['pvc'],
  persistentvolumes: ['pv'],
  pods: ['po'],
  replicationcontrollers: ['rc'],
  resourcequotas: ['quota'],
  serviceaccounts: ['sa'],
  services: ['svc'],
  'customresourcedefinitions.apiextensions.k8s.io': ['crd', 'crds'],
  'daemonsets.apps': ['ds'],
  'deployments.apps': ['deploy'],
  'replicasets.apps': ['rs'],
  'statefulsets.apps': ['sts'],
  'horizontalpodautoscalers.autoscaling': ['hpa'],
  'cronjobs.batch': ['cj'],
  'certificatesigningrequests.certificates.k8s.io': ['csr'],
  'ingresses.networking.k8s.io': ['ing'],
  'networkpolicies.networking.k8s.io': ['netpol'],
  'poddisruptionbudgets.policy': ['pdb'],
  'priorityclasses.scheduling.k8s.io': ['pc'],
  'storageclasses.storage.k8s.io': ['sc'],
};

/**
 * What a server lets be done with objects that another tool could back up: else that tool would not have listed the type.
 *
 * Source: https://github.com/velero-io/velero/blob/main/pkg/discovery/helper.go
 */
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The types of the objects that went by: what discovery would have said of them, as far as the objects tell. */
export class TypeTable {
  readonly #types = new Map<TypeName, { type: ResourceType; readonly versions: Set<string> }>();
  readonly #definitions = new Map<TypeName, Definition>();

  add({ group, version, plural, namespace, manifest }: ForeignObject): void {
    const name = typeName({ group, plural });
    const known = this.#types.get(name);
    if (known === undefined) {
      const { kind } = manifest;
      const type: ResourceType = {
        ...{ group, version, kind, plural, singular: kind.toLowerCase(), namespaced: namespace !== undefined },
        ...{ shortNames: builtInShortNames[name] ?? [], categories: [], subresources: [], servedVersions: [version] },
        verbs,
      };
      this.#types.set(name, { type, versions: new Set([version]) });
    } else known.versions.add(version);
    if (manifest.kind === 'CustomResourceDefinition') this.#define(manifest);
  }

  /** Sorted by name. */
  types(): readonly ResourceType[] {
    return [...this.#types]
      .sort(([a], [b]) => compareUtf8(a, b))
      .map(([name, { type, versions }]) => ({
        ...type,
        servedVersions: [...versions],
        ...this.#definitions.get(name)?.(type.version),
      }));
  }

  #define(manifest: ForeignObject['manifest']): void {
    const { spec } = manifest as { readonly spec?: Partial<Record<string, unknown>> };
    const { plural, singular, shortNames, categories } = (spec?.['names'] ?? {}) as Partial<Record<string, unknown>>;
    if (typeof spec?.['group'] !== 'string' || typeof plural !== 'string') return;
    const served = Array.isArray(spec['versions'])
      ? (spec['versions'] as readonly (Partial<ServedVersion> | null)[])
      : [];
    this.#definitions.set(typeName({ group: spec['group'], plural }), (version) => ({
      ...(typeof singular === 'string' && { singular }),
      ...(Array.isArray(shortNames) && { shortNames: textsOf(shortNames) }),
      ...(Array.isArray(categories) && { categories: textsOf(categories) }),
      subresources: Object.keys(served.find((one) => one?.name === version)?.subresources ?? {}),
    }));
  }
}

/** What a CustomResourceDefinition tells of its type in a version. */
type Definition = (version: string) => Partial<ResourceType>;

interface ServedVersion {
  readonly name: string;
  readonly subresources: object;
}

function textsOf(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}
