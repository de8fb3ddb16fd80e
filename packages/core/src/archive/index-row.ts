import type { TypeName } from '../object/resource-type.ts';
import { parseBlock } from './index-block.ts';
import type { IndexEntry } from './index-entry.ts';

/** One entry of an index as far as it takes to tell it from another backup's: found without parsing, for a tenth of the cost. */
export interface IndexRow {
  readonly type: TypeName;
  /** Equal exactly when namespace and name are; says nothing of the order. */
  readonly key: string;
  /** As in {@link IndexEntry}. */
  readonly stored: string;
  readonly content: string | undefined;
  /** The whole of it, parsed at the first call. Throws BACKUP_DAMAGED. */
  entry(): IndexEntry;
}

/** What `IndexLine` describes, as the writer writes it: any other line is left to {@link parseBlock}. */
const linePattern =
  /^\[((?:null|"(?:[^"\\\n]|\\.)*"),"(?:[^"\\\n]|\\.)*"),\d+,\d+,\d+,"([\w-]{43})",(?:null|"([\w-]{43})"),.*\]$/gm;

/** The rows of a block, of which only those that are asked for are checked as {@link parseBlock} checks entries. */
export function scanBlock(text: string, type: TypeName, archiveBytes: number, where: string): IndexRow[] {
  const headingEnd = text.indexOf('\n') + 1;
  const heading = text.slice(0, headingEnd);
  const parse = (line: string): IndexEntry => parseBlock(heading + line, archiveBytes, where)[0]!;
  const rows = text
    .matchAll(linePattern)
    .map(([line, key, stored, content]) => new ScannedRow(type, key!, stored!, content, () => parse(line)))
    .toArray();
  const length = rows.reduce((sum, { size }) => sum + size, 0);
  if (headingEnd + length + rows.length === text.length) return rows;
  return parseBlock(text, archiveBytes, where).map((entry) => {
    const key = `${JSON.stringify(entry.namespace ?? null)},${JSON.stringify(entry.name)}`;
    return { type, key, stored: entry.stored, content: entry.content, entry: () => entry };
  });
}
