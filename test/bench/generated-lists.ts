import type { ResourceType } from '@infrabackup/core';
import { generateObject } from '../fixtures/generate.ts';

/** A type and its list as an API server sends it, page by page. */
export interface GeneratedList {
  readonly type: ResourceType;
  readonly pages: readonly Buffer[];
}

const pageObjects = 500;

interface ListedObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** The generator's objects as lists, without a server: each with the metadata that one would give it. */
export function generateLists(count: number): GeneratedList[] {
  const byType = new Map<string, ListedObject[]>();
  for (let index = 0; index < count; index++) {
    const { type, body, manager } = generateObject(1, index, false);
    const objects = byType.get(type) ?? [];
    objects.push(asListed(body, manager, index));
    byType.set(type, objects);
  }
  return [...byType].map(([typeName, objects]) => {
    const [plural = '', ...group] = typeName.split('.');
    const sorted = objects.sort((a, b) => (listKey(a) < listKey(b) ? -1 : 1));
    const pages: Buffer[] = [];
    for (let at = 0; at < sorted.length; at += pageObjects) {
      const items = sorted.slice(at, at + pageObjects);
      pages.push(Buffer.from(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: {}, items })));
    }
    return { type: resourceType(group.join('.'), plural), pages };
  });
}

function asListed(body: object, manager: string, index: number): ListedObject {
  const { metadata, ...rest } = body as ListedObject;
  const time = '2026-11-21T08:30:00Z';
  const fields = {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: Object.fromEntries(Object.keys(rest).map((key) => [`f:${key}`, { '.': {} }])),
  };
  const number = index.toString(16).padStart(12, '0');
  return {
    metadata: {
      ...metadata,
      ...{ uid: `3f1c7e5a-${number.slice(-4)}-4000-8000-${number}`, resourceVersion: String(100_000 + index) },
      ...{ creationTimestamp: time, managedFields: [fields] },
    },
    ...rest,
  };
}

function listKey({ metadata }: ListedObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function resourceType(group: string, plural: string): ResourceType {
  const empty = { shortNames: [], categories: [], verbs: [], subresources: [], servedVersions: ['v1'] };
  return { group, version: 'v1', kind: 'Example', plural, singular: plural, namespaced: true, ...empty };
}
