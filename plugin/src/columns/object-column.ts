import type { Manifest } from '@infrabackup/core';
import { formatAgeAt } from '../render/age.ts';
import { compileJsonPath } from './json-path.ts';

/** What stands in one cell. @param nowMs - the time of the backup: ages are those of then. */
export type Cell = (object: Manifest, nowMs: number) => string;

/** One column of a table of objects. */
export interface ObjectColumn {
  /** In capitals. */
  readonly header: string;
  /** Shown by `-o wide` only. */
  readonly wide?: boolean;
  readonly text: Cell;
}

/** The object's name. */
export const nameColumn: ObjectColumn = { header: 'NAME', text: (object) => object.metadata.name };

/** How old the object was when it was backed up. */
export const ageColumn: ObjectColumn = {
  header: 'AGE',
  text: (object, nowMs) => formatAgeAt(object.metadata.creationTimestamp, nowMs),
};

/** What a path, which must be one, finds first in an object; undefined where that is nothing or null. */
export function valueAt(path: string): (root: unknown) => unknown {
  const find = compileJsonPath(path)!;
  return (root) => find(root)[0] ?? undefined;
}

/** A value as a cell shows it, objects and lists as JSON; undefined stays so. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

/** A cell of what a path finds first; an empty text counts as absent. */
export function at(path: string, whenAbsent = ''): Cell {
  const find = valueAt(path);
  return (object) => {
    const text = textOf(find(object)) ?? '';
    return text === '' ? whenAbsent : text;
  };
}

/** The elements of a value that should be a list of objects; what is no object is left out. */
export function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).filter(
    (item): item is Record<string, unknown> => typeof item === 'object' && item !== null,
  );
}
