import type { Sink } from '../shell.ts';
import { paint } from './paint.ts';
import { escapeControls } from './table.ts';

/** The lines of a unified diff as a terminal shows them, coloured as git colours them; made harmless. */
export function paintDiff(lines: readonly string[], sink: Sink): string {
  const firstHunk = lines.findIndex((line) => line.startsWith('@@'));
  return lines.map((line, place) => `${paintLine(escapeControls(line), place < firstHunk, sink)}\n`).join('');
}

function paintLine(line: string, isHeader: boolean, sink: Sink): string {
  if (line.startsWith('# ')) return paint('dim', line, sink);
  if (isHeader) return paint('bold', line, sink);
  if (line.startsWith('@@')) return paint('cyan', line, sink);
  if (line.startsWith('+')) return paint('green', line, sink);
  if (line.startsWith('-')) return paint('red', line, sink);
  return line;
}
