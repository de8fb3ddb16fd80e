import { AppError, typeName, type ObjectRef, type RestoreRequest, type TypeSummary } from '@infrabackup/core';
import { contextNamespace } from '../context-namespace.ts';
import type { FlagValues } from '../flags/flag.ts';
import { selectionFlags, selectionOf } from '../flags/selection-flags.ts';
import type { ConnectionFlags } from '../open-cluster.ts';
import type { Shell } from '../shell.ts';
import { parseObjectRequest } from './object-query.ts';

/** What of the backup is meant: single objects, what the flags select, or all. */
export async function restoreRequestOf(
  backup: { readonly name: string; readonly types: readonly TypeSummary[] },
  words: readonly string[],
  given: FlagValues<typeof selectionFlags> & ConnectionFlags,
  shell: Shell,
): Promise<RestoreRequest> {
  const selecting = Object.keys(selectionFlags).filter((name) => given[name as keyof typeof given] !== undefined);
  if (words.length === 0) return selecting.length === 0 ? {} : { selection: selectionOf(given) };
  const other = selecting.find((name) => name !== 'namespace');
  if (other !== undefined || (given.namespace?.length ?? 1) !== 1) {
    throw new AppError('USAGE', `single objects are named by TYPE/NAME and one -n, without --${other ?? 'namespace'}`);
  }
  const namespace = given.namespace?.[0] ?? (await contextNamespace(given, shell));
  const { queries } = parseObjectRequest(words, backup.types, backup.name);
  const objects = queries.map(({ type, name = '' }): ObjectRef => ({
    type: typeName(type),
    ...(type.namespaced && { namespace }),
    name,
  }));
  return { objects };
}
