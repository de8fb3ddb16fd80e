import type { Sink } from '../shell.ts';
import { paint } from './paint.ts';
import { escapeControls } from './table.ts';

/** How many lines stand above the first hunk: the title and the names of both sides. */
const headerLines = 3;

/** The lines of a unified diff as a terminal shows them, coloured as git colours them; made harmless. */
export function paintDiff(lines: readonly string[], sink: Sink): string {
  return lines.map((line, place) => `${paintLine(escapeControls(line), place < headerLines, sink)}\n`).join('');
}

function paintLine(line: string, isHeader: boolean, sink: Sink): string {
  if (isHeader) return paint('bold', line, sink);
  if (line.startsWith('@@')) return paint('cyan', line, sink);
  if (line.startsWith('+')) return paint('green', line, sink);
  if (line.startsWith('-')) return paint('red', line, sink);
  return line;
}
