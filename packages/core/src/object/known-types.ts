import type { ResourceType } from './resource-type.ts';

// Types that are the same wherever they are served, known before anything is discovered, which is a round trip more.

export const configMapType = knownType('', 'v1', 'ConfigMap', 'configmaps', true);
export const namespaceType = knownType('', 'v1', 'Namespace', 'namespaces', false);
export const apiServiceType = knownType('apiregistration.k8s.io', 'v1', 'APIService', 'apiservices', false);

function knownType(group: string, version: string, kind: string, plural: string, namespaced: boolean): ResourceType {
  const told = { group, version, kind, plural, singular: kind.toLowerCase(), namespaced, servedVersions: [version] };
  return { ...told, shortNames: [], categories: [], verbs: [], subresources: [] };
}
