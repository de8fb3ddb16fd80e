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

/**
 * The rows of a block of the type. Only rows that are asked for their entry are checked as {@link parseBlock} checks all;
 * throws BACKUP_DAMAGED for a block that has lines of another make and does not pass it.
 */
export function scanBlock(text: string, type: TypeName, archiveBytes: number, where: string): IndexRow[] {
  const heading = text.slice(0, text.indexOf('\n') + 1);
  const rows: IndexRow[] = [];
  let scanned = heading.length;
  for (const [line, key, stored, content] of text.matchAll(linePattern)) {
    let parsed: IndexEntry | undefined;
    const entry = (): IndexEntry => (parsed ??= parseBlock(heading + line, archiveBytes, where)[0]!);
    rows.push({ type, key: key!, stored: stored!, content, entry });
    scanned += line.length + 1;
  }
  if (scanned === text.length) return rows;
  return parseBlock(text, archiveBytes, where).map((entry) => {
    const key = JSON.stringify([entry.namespace ?? null, entry.name]).slice(1, -1);
    return { type, key, stored: entry.stored, content: entry.content, entry: () => entry };
  });
}
