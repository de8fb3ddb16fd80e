import {
  AppError,
  formatRef,
  matchesLabels,
  parseManifest,
  typeName,
  type Backup,
  type IndexEntry,
  type LabelRequirement,
  type Manifest,
} from '@infrabackup/core';
import type { ObjectQuery } from './object-query.ts';

/** Where objects are looked for. */
export interface ObjectScope {
  /** Undefined: in all namespaces. Types that are in none are found either way. */
  readonly namespace: string | undefined;
  /** Empty: any labels. */
  readonly labels: readonly LabelRequirement[];
}

/** The entries of a query in the order of the backup; reads the index blocks that can hold them and no object. */
export async function* findEntries(
  { type, name }: ObjectQuery,
  { namespace }: ObjectScope,
  backup: Backup,
): AsyncGenerator<IndexEntry> {
  const query = { types: [typeName(type)], name };
  yield* backup.entries(type.namespaced && namespace !== undefined ? { ...query, namespaces: [namespace] } : query);
}

/** The objects of a query, those whose labels match; read in the order of the backup. */
export async function* readObjects(query: ObjectQuery, scope: ObjectScope, backup: Backup): AsyncGenerator<Manifest> {
  for await (const { bytes } of backup.readMany(findEntries(query, scope, backup))) {
    const object = parseManifest(bytes);
    if (matchesLabels(scope.labels, object.metadata.labels ?? {})) yield object;
  }
}

/** The error for named objects that are not there, in kubectl's words. */
export function objectsNotFound(missing: readonly ObjectQuery[], scope: ObjectScope, backup: string): AppError {
  const refs = missing.map(({ type, name = '' }) => ({
    type: typeName(type),
    name,
    namespace: type.namespaced ? scope.namespace : undefined,
  }));
  return new AppError('OBJECT_NOT_FOUND', refs.map(({ type, name }) => `${type} "${name}" not found`).join('; '), {
    hint: `see what there is: kubectl infrabackup get ${backup} ${refs[0]?.type ?? 'all'} -A`,
    refs: refs.map(formatRef),
  });
}
