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

/** A digest's length in base64url without padding. */
const digestLength = 43;

/**
 * The rows of a block of the type. Only rows that are asked for their entry are checked as {@link parseBlock} checks all;
 * throws BACKUP_DAMAGED for a block that has lines of another make and does not pass it.
 */
export function scanBlock(text: string, type: TypeName, archiveBytes: number, where: string): IndexRow[] {
  const heading = text.slice(0, text.indexOf('\n') + 1);
  const parse = (line: string): IndexEntry => parseBlock(heading + line, archiveBytes, where)[0]!;
  const rows: IndexRow[] = [];
  for (let start = heading.length; start < text.length;) {
    const end = text.indexOf('\n', start);
    const row = scanLine(text, start, end === -1 ? text.length : end, type, parse);
    if (row === undefined) return parseBlock(text, archiveBytes, where).map(rowOf);
    rows.push(row);
    start = end + 1 || text.length;
  }
  return rows;
}

/** One row of a line as `IndexLine` describes it and the writer writes it; undefined for any other, also one with escapes. */
function scanLine(
  text: string,
  start: number,
  end: number,
  type: TypeName,
  parse: (line: string) => IndexEntry,
): IndexRow | undefined {
  const nameStart = text.startsWith('[null,"', start) ? start + 7 : text.indexOf('","', start) + 3;
  const nameEnd = text.indexOf('"', nameStart);
  const stored = text.indexOf('"', nameEnd + 1) + 1;
  const afterStored = stored + digestLength;
  const content = text.startsWith('","', afterStored) ? afterStored + 3 : undefined;
  const isWritten =
    content === undefined ? text.startsWith('",null,', afterStored) : text[content + digestLength] === '"';
  if (!isWritten || nameStart < start + 6 || afterStored > end) return undefined;
  const key = text.slice(start + 1, nameEnd + 1);
  if (key.includes('\\')) return undefined;
  let entry: IndexEntry | undefined;
  return {
    type,
    key,
    stored: text.slice(stored, afterStored),
    content: content === undefined ? undefined : text.slice(content, content + digestLength),
    entry: () => (entry ??= parse(text.slice(start, end))),
  };
}

function rowOf(entry: IndexEntry): IndexRow {
  const { type, namespace, name, stored, content } = entry;
  return { type, key: JSON.stringify([namespace ?? null, name]).slice(1, -1), stored, content, entry: () => entry };
}
