import { redact, type Backup, type Manifest } from '@infrabackup/core';
import { sortKeys } from '../render/json.ts';
import { objectList } from '../render/object-list.ts';
import { objectTable } from '../render/object-table.ts';
import { showStructured } from '../render/structured.ts';
import type { Shell } from '../shell.ts';
import { columnsFor } from './object-columns.ts';
import { kindName, type ObjectQuery, type ObjectRequest } from './object-query.ts';
import { findEntries, readObjects, type ObjectScope } from './read-objects.ts';

/** What to show of a backup. */
export interface ObjectView extends ObjectRequest {
  readonly backup: Backup;
  readonly scope: ObjectScope;
  readonly showSecrets: boolean;
  readonly showManagedFields: boolean;
  readonly isWide: boolean;
  readonly noHeaders: boolean;
}

/** What came of it. */
export interface Showing {
  readonly shown: number;
  /** Named objects that are not there. */
  readonly missing: readonly ObjectQuery[];
}

/** A table for each type, with a blank line between them. */
export async function showTables(view: ObjectView, shell: Shell): Promise<Showing> {
  const groups = Map.groupBy(view.queries, ({ type }) => type);
  const { backup, scope } = view;
  const nowMs = Date.parse(backup.header.startedAt);
  const missing: ObjectQuery[] = [];
  let shown = 0;
  for (const [type, queries] of groups) {
    if (shell.out.isClosed) break;
    const table = objectTable(await columnsFor(type, backup), {
      ...view,
      nowMs,
      kind: groups.size > 1 ? kindName(type) : undefined,
      withNamespace: type.namespaced && scope.namespace === undefined,
    });
    let rows = 0;
    for (const query of queries) {
      const found = await each(readObjects(query, scope, backup), (object) => table.add(object));
      if (found === 0 && query.name !== undefined) missing.push(query);
      rows += found;
    }
    if (rows > 0) await shell.out.write(`${shown > 0 ? '\n' : ''}${table.render()}`);
    shown += rows;
  }
  return { shown, missing };
}

/** `deployment.apps/web`, one a line; without a label selector no object is read for it. */
export async function showNames({ queries, scope, backup }: ObjectView, shell: Shell): Promise<Showing> {
  const missing: ObjectQuery[] = [];
  let shown = 0;
  for (const query of queries) {
    const names: AsyncIterable<{ readonly name: string }> =
      scope.labels.length === 0 ? findEntries(query, scope, backup) : namesOf(readObjects(query, scope, backup));
    const found = await each(names, ({ name }) => shell.out.write(`${kindName(query.type)}/${name}\n`), shell);
    if (found === 0 && query.name !== undefined) missing.push(query);
    shown += found;
  }
  return { shown, missing };
}

/** One object as itself, several as a List. Nothing is printed where one object is asked for and is not there. */
export async function showManifests(view: ObjectView, format: 'json' | 'yaml', shell: Shell): Promise<Showing> {
  const { queries, scope, backup } = view;
  const missing: ObjectQuery[] = [];
  // Without a namespace a name may stand for several objects.
  const isSingle = view.isSingle && !queries.some(({ type }) => type.namespaced && scope.namespace === undefined);
  const list = isSingle ? undefined : await objectList(format, shell);
  let shown = 0;
  for (const query of queries) {
    const found = await each(
      readObjects(query, scope, backup),
      async (object) => {
        const visible = visibleObject(object, view);
        await (list === undefined ? showStructured(sortKeys(visible), format, shell) : list.add(visible));
      },
      shell,
    );
    if (found === 0 && query.name !== undefined) missing.push(query);
    shown += found;
  }
  if (shown > 0 || missing.length === 0) await list?.end();
  return { shown, missing };
}

function visibleObject(object: Manifest, { showSecrets, showManagedFields }: ObjectView): Manifest {
  const safe = showSecrets ? object : redact(object);
  const { managedFields, ...metadata } = safe.metadata;
  return showManagedFields || managedFields === undefined ? safe : { ...safe, metadata };
}

async function* namesOf(objects: AsyncIterable<Manifest>): AsyncGenerator<{ readonly name: string }> {
  for await (const { metadata } of objects) yield metadata;
}

/** How many there were. Stops early when whoever reads the output has gone away. */
async function each<T>(items: AsyncIterable<T>, visit: (item: T) => unknown, shell?: Shell): Promise<number> {
  let count = 0;
  for await (const item of items) {
    await visit(item);
    count++;
    if (shell?.out.isClosed === true) break;
  }
  return count;
}
