/** A member of a YAML document and the lines that it spans, counted from 0. */
export interface OutlineItem {
  readonly name: string;
  /** A scalar's value; empty for what has members. */
  readonly detail: string;
  readonly startLine: number;
  endLine: number;
  readonly children: OutlineItem[];
}

/** Further down nobody looks for a member by its name. */
const maxDepth = 6;
const maxLines = 20_000;

const member = /^( *)((?:- )*)((?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#[\]{}|>&*!-][^#]*?)):(?: (.*))?$/;
const blockScalar = /^[|>][+-]?\d*$/;

/**
 * The members of a manifest as this extension writes it: by their indentation, without parsing, so that a document of a
 * megabyte costs nothing. Lists count as members of their member: an item stands under its first member's value.
 */
export function outlineOf(text: string): readonly OutlineItem[] {
  const root: OutlineItem[] = [];
  const open: { indent: number; item: OutlineItem }[] = [];
  let scalarIndent: number | undefined;
  const lines = text.split('\n', maxLines);
  for (const [line, content] of lines.entries()) {
    const indent = content.search(/\S/);
    if (indent < 0) continue;
    if (scalarIndent !== undefined && indent > scalarIndent) continue;
    scalarIndent = undefined;
    const [, blanks, dashes, name, value = ''] = member.exec(content) ?? [];
    if (blanks === undefined || dashes === undefined || name === undefined) continue;
    const isItem = dashes !== '';
    // Lists stand at the level of their member: an item is half a step below it.
    const level = blanks.length + (isItem ? 0.5 : 0);
    while (open.length > 0 && open.at(-1)!.indent >= level) open.pop();
    for (const { item } of open) item.endLine = line;
    const keyColumn = blanks.length + dashes.length;
    if (blockScalar.test(value)) scalarIndent = keyColumn;
    if (open.length >= maxDepth) continue;
    const detail = blockScalar.test(value) ? '' : value;
    const found: OutlineItem = {
      name: isItem ? `- ${detail === '' ? name : detail}` : name,
      detail: isItem && detail !== '' ? name : detail,
      startLine: line,
      endLine: line,
      children: [],
    };
    (open.at(-1)?.item.children ?? root).push(found);
    open.push({ indent: level, item: found });
  }
  extendToEnd(root, lines.length - 1);
  return root;
}

/** A block scalar's lines, and closing blanks, belong to the member above them. */
function extendToEnd(items: readonly OutlineItem[], lastLine: number): void {
  for (const [index, item] of items.entries()) {
    item.endLine = Math.max(item.endLine, (items[index + 1]?.startLine ?? lastLine + 1) - 1);
    extendToEnd(item.children, item.endLine);
  }
}
