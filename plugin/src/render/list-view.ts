import type { OutputFormat } from '../flags/output-flags.ts';
import type { Shell } from '../shell.ts';
import { showStructured } from './structured.ts';
import { renderTable } from './table.ts';

/** One column of a list. */
export interface ListColumn<Row> {
  /** In capitals. */
  readonly header: string;
  /** Shown by `-o wide` only. */
  readonly wide?: boolean;
  readonly text: (row: Row) => string;
}

/** Rows and how each format shows them. */
export interface ListView<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly ListColumn<Row>[];
  /** What `-o name` prints of a row. */
  readonly name: (row: Row) => string;
  /** What `-o json` and `-o yaml` print of a row. */
  readonly item: (row: Row) => unknown;
  /** What people are told instead of an empty table. */
  readonly whenEmpty: string;
}

/** Prints the list in the format; JSON and YAML have one object with `items`, so that more may stand beside them. */
export async function showList<Row>(
  view: ListView<Row>,
  format: OutputFormat,
  noHeaders: boolean,
  shell: Shell,
): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml':
      return showStructured({ items: view.rows.map(view.item) }, format, shell);
    case 'name':
      return shell.out.write(view.rows.map((row) => `${view.name(row)}\n`).join(''));
    case 'table':
    case 'text':
    case 'wide':
    case 'summary':
    case 'unified':
      if (view.rows.length === 0) return shell.err.write(`${view.whenEmpty}\n`);
      return shell.out.write(renderTable(linesOf(view, format === 'wide', noHeaders)));
  }
}

function linesOf<Row>(view: ListView<Row>, isWide: boolean, noHeaders: boolean): readonly (readonly string[])[] {
  const columns = view.columns.filter(({ wide }) => isWide || wide !== true);
  const head = noHeaders ? [] : [columns.map(({ header }) => header)];
  return [...head, ...view.rows.map((row) => columns.map(({ text }) => text(row)))];
}
