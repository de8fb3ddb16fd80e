import { formatValueTable, valueTableName, type ValueRow, type ValueTable } from './value-table.ts';

/** What a branch holds below the location's path, or will: blobs by path. */
export type Files = ReadonlyMap<string, string>;

/** What a batch has written. */
export interface StagedWrites {
  /** By key; undefined: removed. */
  readonly values: ReadonlyMap<string, ValueRow | undefined>;
  /** What keys had when they were first touched that nobody else may change meanwhile; undefined: nothing. */
  readonly before: ReadonlyMap<string, string | undefined>;
  /** The readable tree as it is to be; undefined: as it is. */
  readonly objects?: ObjectFiles | undefined;
}

/** The readable tree, by paths as in {@link Files}. */
export interface ObjectFiles {
  readonly files: Files;
  /** What was there and is no more. */
  readonly gone: readonly string[];
}

/** One path of a commit: a blob that is there, a text, or undefined for what goes. */
export type Change = { readonly id: string } | { readonly text: string } | undefined;

/** The key that another writer has changed meanwhile; undefined: none. */
export function overtakenKey({ values, before }: StagedWrites, files: Files): string | undefined {
  return [...before.keys()].find((key) => {
    const now = files.get(key);
    const isGoneAsWanted = now === undefined && values.get(key) === undefined;
    return now !== before.get(key) && !isGoneAsWanted;
  });
}

/** The folders whose tables {@link planCommit} needs. */
export function touchedFolders({ values }: StagedWrites): readonly string[] {
  return [...new Set([...values.keys()].map(folderOf))];
}

/** The changes that bring the writes onto what the branch holds; empty when it holds just that. */
export function planCommit(
  { values, objects }: StagedWrites,
  files: Files,
  tables: ReadonlyMap<string, ValueTable>,
): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  for (const [folder, rows] of Map.groupBy(values, ([key]) => folderOf(key))) {
    const old = tables.get(folder);
    const table = new Map([...(old ?? [])].filter(([name, { id }]) => files.get(`${folder}${name}`) === id));
    for (const [key, row] of rows) {
      const name = key.slice(folder.length);
      if (row === undefined) {
        table.delete(name);
        if (files.has(key)) changes.set(key, undefined);
      } else {
        table.set(name, row);
        if (files.get(key) !== row.id) changes.set(key, { id: row.id });
      }
    }
    const text = formatValueTable(table);
    const path = `${folder}${valueTableName}`;
    if (table.size === 0) {
      if (files.has(path)) changes.set(path, undefined);
    } else if (old === undefined || text !== formatValueTable(old)) changes.set(path, { text });
  }
  for (const [path, id] of objects?.files ?? []) if (files.get(path) !== id) changes.set(path, { id });
  for (const path of objects?.gone ?? []) if (files.has(path)) changes.set(path, undefined);
  return changes;
}

/** Up to the last slash, with it; empty for a key without one. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
