import type { Manifest } from '../../object/manifest.ts';
import { childOf, copyJson, itemsOf, textOf, type Draft } from '../draft.ts';
import type { ItemRule } from './item-rule.ts';

/** A live definition keeps the versions that objects are still stored in. */
export const definitionVersions: ItemRule = {
  id: 'definition-versions',
  types: ['customresourcedefinitions.apiextensions.k8s.io'],
  reason:
    'status.storedVersions must stay within spec.versions, or objects stored in the missing one could not be read',
  source:
    'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#upgrade-existing-objects-to-a-new-stored-version',
  update: (draft, live) => {
    const known = new Set(itemsOf(childOf(draft, 'spec'), 'versions').map((version) => textOf(version, 'name')));
    const stored = childOf(live, 'status')?.['storedVersions'];
    const missing = itemsOf(childOf(live, 'spec'), 'versions').filter((version) => {
      const name = textOf(version, 'name');
      return name !== undefined && !known.has(name) && Array.isArray(stored) && stored.includes(name);
    });
    const spec = childOf(draft, 'spec');
    if (missing.length === 0 || spec === undefined) return undefined;
    const kept = missing.map((version) => ({ ...(copyJson(version) as Draft), storage: false }));
    spec['versions'] = [...itemsOf(spec, 'versions'), ...kept];
    return { kind: 'versions-kept', versions: missing.map((version) => textOf(version, 'name')!) };
  },
};

/** Definitions that were written as v1beta1 and kept whatever their objects held. */
export const preservedUnknownFields: ItemRule = {
  id: 'preserved-unknown-fields',
  types: ['customresourcedefinitions.apiextensions.k8s.io'],
  reason: 'apiextensions.k8s.io/v1 refuses spec.preserveUnknownFields and says the same in the schema',
  source:
    'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning',
  create: (draft) => preserveBySchema(draft),
  update: (draft) => preserveBySchema(draft),
};

function preserveBySchema(draft: Draft): undefined {
  const spec = childOf(draft, 'spec');
  if (spec?.['preserveUnknownFields'] !== true) return undefined;
  spec['preserveUnknownFields'] = false;
  for (const version of itemsOf(spec, 'versions')) {
    const schema = childOf(version, 'schema') ?? {};
    const openApi = childOf(schema, 'openAPIV3Schema') ?? { type: 'object' };
    openApi['x-kubernetes-preserve-unknown-fields'] = true;
    schema['openAPIV3Schema'] = openApi;
    version['schema'] = schema;
  }
  return undefined;
}

/** The versions in which a definition serves its objects, in its order; empty where the manifest is none. */
export function servedVersionsOf(definition: Manifest): readonly string[] {
  return itemsOf(childOf(definition, 'spec'), 'versions')
    .filter((version) => version['served'] === true)
    .flatMap((version) => textOf(version, 'name') ?? []);
}
