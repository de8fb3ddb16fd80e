/**
 * The file in each folder that says of the values there what a repository does not, or not before it has fetched them:
 * their size, and when they were written. Begins with a dot, so it is no key.
 */
export const valueTableName = '.infrabackup-values';

/** What is known of a value. */
export interface ValueRow {
  /** The blob that has it. What was put under the name by other means has another one, and no row counts for it. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The values of a folder, by the last part of their keys. */
export type ValueTable = ReadonlyMap<string, ValueRow>;

/** The table in a text of {@link formatValueTable}; lines that are none are passed over. */
export function parseValueTable(text: string): ValueTable {
  const rows = text.split('\n').flatMap((line): [string, ValueRow][] => {
    const [, id, size, time, name] = /^([0-9a-f]+) (\d+) (\d+) (.+)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, { id: id!, sizeBytes: Number(size), modifiedMs: Number(time) }]];
  });
  return new Map(rows);
}

/** A line a value, sorted by name. */
export function formatValueTable(table: ValueTable): string {
  return [...table]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { id, sizeBytes, modifiedMs }]) => `${id} ${sizeBytes} ${modifiedMs} ${name}\n`)
    .join('');
}
