/** Blanks between columns, and the least width of one, as kubectl prints tables. */
const padding = 3;
const minWidth = 6;

/**
 * Rows as kubectl prints them: padded columns without borders, each line ended by a newline; empty for no lines.
 *
 * Cells are made harmless first: backups are other people's texts, and a terminal obeys what it is shown. A cell ends
 * at its first line break, shown by dots.
 *
 * Source: https://github.com/kubernetes/cli-runtime/blob/v0.36.0/pkg/printers/tableprinter.go
 */
export function renderTable(lines: readonly (readonly string[])[]): string {
  const cells = lines.map((line) => line.map(harmless));
  const widths: number[] = [];
  for (const line of cells) {
    for (const [column, cell] of line.entries()) {
      widths[column] = Math.max(widths[column] ?? minWidth, lengthOf(cell) + padding);
    }
  }
  return cells.map((line) => `${renderLine(line, widths)}\n`).join('');
}

function renderLine(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => (column === line.length - 1 ? cell : cell + ' '.repeat(widths[column]! - lengthOf(cell))))
    .join('')
    .trimEnd();
}

function harmless(cell: string): string {
  const end = cell.search(/[\f\n\r]/);
  return escapeControls(end < 0 ? cell : `${cell.slice(0, end)}...`);
}

/** The text with control characters in caret notation (`^[` for escape), but for line breaks and tabs. */
export function escapeControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- controls are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `\\x${code.toString(16)}`;
  });
}

function lengthOf(cell: string): number {
  // A column is as wide as its code points, to kubectl and so to us.
  return cell.length === Buffer.byteLength(cell) ? cell.length : Array.from(cell).length;
}
