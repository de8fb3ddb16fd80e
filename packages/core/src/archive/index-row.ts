import type { TypeName } from '../object/resource-type.ts';
import { parseBlock } from './index-block.ts';
import type { IndexEntry } from './index-entry.ts';

/**
 * One entry of an index as far as it takes to tell it from another backup's. Each member is found when it is first
 * asked for, and throws BACKUP_DAMAGED when the line is no entry.
 */
export interface IndexRow {
  readonly type: TypeName;
  /** As it stands in the index: of two backups' equal lines the objects are equal too, and nothing more need be asked. */
  readonly line: string;
  /** Equal exactly when namespace and name are; says nothing of the order. */
  readonly key: string;
  /** As in {@link IndexEntry}. */
  readonly stored: string;
  readonly content: string | undefined;
  /** The whole of it, parsed. */
  entry(): IndexEntry;
}

/** A digest's length in base64url without padding. */
const digestLength = 43;

/** The rows of a block of the type: found without parsing, for a twentieth of the cost. */
export function scanBlock(text: string, type: TypeName, archiveBytes: number, where: string): IndexRow[] {
  const heading = text.slice(0, text.indexOf('\n') + 1);
  const parse = (line: string): IndexEntry => parseBlock(heading + line, archiveBytes, where)[0]!;
  const rows: IndexRow[] = [];
  for (let start = heading.length; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    rows.push(new LazyRow(type, text.slice(start, end), parse));
    start = end + 1;
  }
  return rows;
}

/** What tells an entry from others. */
interface Marks {
  readonly key: string;
  readonly stored: string;
  readonly content: string | undefined;
}

class LazyRow implements IndexRow {
  readonly type: TypeName;
  readonly line: string;
  readonly #parse: (line: string) => IndexEntry;
  #entry: IndexEntry | undefined;
  #found: Marks | undefined;

  constructor(type: TypeName, line: string, parse: (line: string) => IndexEntry) {
    this.type = type;
    this.line = line;
    this.#parse = parse;
  }

  get key(): string {
    return this.#marks.key;
  }

  get stored(): string {
    return this.#marks.stored;
  }

  get content(): string | undefined {
    return this.#marks.content;
  }

  entry(): IndexEntry {
    return (this.#entry ??= this.#parse(this.line));
  }

  get #marks(): Marks {
    return (this.#found ??= scanLine(this.line) ?? marksOf(this.entry()));
  }
}

/** The marks of a line as `IndexLine` describes it and the writer writes it; undefined for any other, also one with escapes. */
function scanLine(line: string): Marks | undefined {
  const nameStart = line.startsWith('[null,"') ? 7 : line.indexOf('","') + 3;
  const nameEnd = line.indexOf('"', nameStart);
  const stored = line.indexOf('"', nameEnd + 1) + 1;
  const afterStored = stored + digestLength;
  const content = line.startsWith('","', afterStored) ? afterStored + 3 : undefined;
  const isWritten =
    content === undefined ? line.startsWith('",null,', afterStored) : line[content + digestLength] === '"';
  if (!isWritten || nameStart < 6) return undefined;
  const key = line.slice(1, nameEnd + 1);
  if (key.includes('\\')) return undefined;
  return {
    key,
    stored: line.slice(stored, afterStored),
    content: content === undefined ? undefined : line.slice(content, content + digestLength),
  };
}

function marksOf({ namespace, name, stored, content }: IndexEntry): Marks {
  return { key: JSON.stringify([namespace ?? null, name]).slice(1, -1), stored, content };
}
