import {
  rawObject,
  typeName,
  type ClusterReader,
  type Discovery,
  type Manifest,
  type ResourceType,
} from '@infrabackup/core';

/** A resource type as a test writes it. */
export function sampleType(
  group: string,
  kind: string,
  plural: string,
  more: Partial<ResourceType> = {},
): ResourceType {
  const version = more.version ?? 'v1';
  return {
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ['get', 'list'],
    subresources: [],
    servedVersions: [version],
    ...more,
  };
}

/** A cluster that has these objects, at revision 4711. */
export function sampleCluster(
  types: readonly ResourceType[],
  objects: readonly Manifest[],
  failures: Discovery['failures'] = [],
): ClusterReader {
  const listed = (type: ResourceType, namespace?: string): readonly Manifest[] =>
    objects
      .filter(({ kind, apiVersion }) => kind === type.kind && apiVersion === apiVersionOfType(type))
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return {
    identity: () =>
      Promise.resolve({ uid: 'a-cluster', version: 'v1.36.3', server: 'https://10.1.2.3:6443', context: 'prod' }),
    discover: () =>
      Promise.resolve({ types: types.toSorted((a, b) => (typeName(a) < typeName(b) ? -1 : 1)), failures }),
    currentRevision: () => Promise.resolve('4711'),
    count: ({ type, namespace }) => Promise.resolve(listed(type, namespace).length),
    get: (type, namespace, name) =>
      Promise.resolve(listed(type, namespace).find(({ metadata }) => metadata.name === name)),
    async *list({ type, namespace }) {
      const batch = listed(type, namespace).map((manifest) => rawObject(Buffer.from(JSON.stringify(manifest))));
      yield await Promise.resolve({ objects: batch, revision: '4711' });
    },
  };
}

function apiVersionOfType({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

function keyOf({ metadata: { namespace = '', name } }: Manifest): string {
  return `${namespace}/${name}`;
}
