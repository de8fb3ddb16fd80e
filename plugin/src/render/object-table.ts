import type { Manifest } from '@infrabackup/core';
import type { ObjectColumn } from '../columns/object-column.ts';
import { renderTable } from './table.ts';

/** How a table of objects is shown. */
export interface ObjectTableOptions {
  readonly isWide: boolean;
  readonly noHeaders: boolean;
  /** Whether the first column is the namespace. */
  readonly withNamespace: boolean;
  /** Stands before each name with a slash, where tables of several types follow one another. */
  readonly kind: string | undefined;
  /** The time of the backup. */
  readonly nowMs: number;
}

/** Collects the rows of one type; keeps their cells only. `render` gives no text when there is no row. */
export function objectTable(
  columns: readonly ObjectColumn[],
  { isWide, noHeaders, withNamespace, kind, nowMs }: ObjectTableOptions,
): { add(object: Manifest): void; render(): string } {
  const shown = columns.filter(({ wide }) => isWide || wide !== true);
  const rows: string[][] = [];
  return {
    add(object) {
      const cells = shown.map(({ text, header }) => {
        const cell = cellOf(text, object, nowMs);
        return header === 'NAME' && kind !== undefined ? `${kind}/${cell}` : cell;
      });
      rows.push(withNamespace ? [object.metadata.namespace ?? '', ...cells] : cells);
    },
    render() {
      if (rows.length === 0) return '';
      const head = [...(withNamespace ? ['NAMESPACE'] : []), ...shown.map(({ header }) => header)];
      return renderTable(noHeaders ? rows : [head, ...rows]);
    },
  };
}

/** An object is what the API server stored, or a forger: a shape that no column expects is not our fault. */
function cellOf(text: ObjectColumn['text'], object: Manifest, nowMs: number): string {
  try {
    return text(object, nowMs);
  } catch {
    return '<invalid>';
  }
}
