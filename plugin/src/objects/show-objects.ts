import { redact, typeName, type Backup, type LockedBy, type Manifest, type TypeSummary } from '@infrabackup/core';
import { nameColumn, type ObjectColumn } from '../columns/object-column.ts';
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
  /** Types of which nothing but names could be shown, or not even those that were asked for by a label. */
  readonly locked: readonly LockedType[];
}

/** A type whose objects are encrypted, and no key is at hand. */
export interface LockedType {
  readonly type: TypeSummary;
  readonly by: LockedBy;
}

/** What stands beside the name of an object that cannot be read. */
const sealedColumns: readonly ObjectColumn[] = [nameColumn, { header: 'CONTENT', text: () => '<encrypted>' }];

/** A table for each type, with a blank line between them. */
export async function showTables(view: ObjectView, shell: Shell): Promise<Showing> {
  const groups = Map.groupBy(view.queries, ({ type }) => type);
  const { backup, scope } = view;
  const nowMs = Date.parse(backup.header.startedAt);
  const missing: ObjectQuery[] = [];
  const locked: LockedType[] = [];
  let shown = 0;
  for (const [type, queries] of groups) {
    if (shell.out.isClosed) break;
    const by = backup.lock.lockedBy(typeName(type));
    const table = objectTable(by === undefined ? await columnsFor(type, backup) : sealedColumns, {
      ...view,
      nowMs,
      kind: groups.size > 1 ? kindName(type) : undefined,
      withNamespace: type.namespaced && scope.namespace === undefined,
    });
    let rows = 0;
    for (const query of queries) {
      const objects = by === undefined ? readObjects(query, scope, backup) : namesOfLocked(query, scope, backup);
      const found = await each(objects, (object) => table.add(object));
      if (found === 0 && query.name !== undefined && isSure(by, scope)) missing.push(query);
      rows += found;
    }
    if (by !== undefined && (rows > 0 || scope.labels.length > 0)) locked.push({ type, by });
    if (rows > 0) await shell.out.write(`${shown > 0 ? '\n' : ''}${table.render()}`);
    shown += rows;
  }
  return { shown, missing, locked };
}

/** `deployment.apps/web`, one a line; without a label selector no object is read for it. */
export async function showNames({ queries, scope, backup }: ObjectView, shell: Shell): Promise<Showing> {
  const missing: ObjectQuery[] = [];
  const locked: LockedType[] = [];
  let shown = 0;
  for (const query of queries) {
    const by = scope.labels.length === 0 ? undefined : backup.lock.lockedBy(typeName(query.type));
    if (by !== undefined) {
      locked.push({ type: query.type, by });
      continue;
    }
    const names: AsyncIterable<{ readonly name: string }> =
      scope.labels.length === 0 ? findEntries(query, scope, backup) : namesOf(readObjects(query, scope, backup));
    const found = await each(names, ({ name }) => shell.out.write(`${kindName(query.type)}/${name}\n`), shell);
    if (found === 0 && query.name !== undefined) missing.push(query);
    shown += found;
  }
  return { shown, missing, locked };
}

/** One object as itself, several as a List. Nothing is printed where one object is asked for and is not there. */
export async function showManifests(view: ObjectView, format: 'json' | 'yaml', shell: Shell): Promise<Showing> {
  const { queries, scope, backup } = view;
  const missing: ObjectQuery[] = [];
  const locked: LockedType[] = [];
  // Without a namespace a name may stand for several objects.
  const isSingle = view.isSingle && !queries.some(({ type }) => type.namespaced && scope.namespace === undefined);
  const list = isSingle ? undefined : await objectList(format, shell);
  let shown = 0;
  for (const query of queries) {
    const by = backup.lock.lockedBy(typeName(query.type));
    if (by !== undefined) {
      const isThere = await each(findEntries(query, scope, backup), () => undefined);
      if (isThere > 0) locked.push({ type: query.type, by });
      else if (query.name !== undefined) missing.push(query);
      continue;
    }
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
  if (shown > 0 || missing.length + locked.length === 0) await list?.end();
  return { shown, missing, locked };
}

function visibleObject(object: Manifest, { showSecrets, showManagedFields }: ObjectView): Manifest {
  const safe = showSecrets ? object : redact(object);
  const { managedFields, ...metadata } = safe.metadata;
  return showManagedFields || managedFields === undefined ? safe : { ...safe, metadata };
}

/** What the index tells of encrypted objects: their labels are not in it. */
async function* namesOfLocked(query: ObjectQuery, scope: ObjectScope, backup: Backup): AsyncGenerator<Manifest> {
  if (scope.labels.length > 0) return;
  for await (const { name, namespace } of findEntries(query, scope, backup)) {
    yield { apiVersion: '', kind: '', metadata: { name, ...(namespace !== undefined && { namespace }) } };
  }
}

/** Whether an object that was not found is not there. */
function isSure(by: LockedBy | undefined, { labels }: ObjectScope): boolean {
  return by === undefined || labels.length === 0;
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
