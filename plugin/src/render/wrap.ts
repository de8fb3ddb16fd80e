/**
 * The text in lines of at most `width` columns, broken at blanks; line breaks in it count as blanks.
 *
 * @param lead - stands before the first line; the others are indented by as much.
 */
export function wrap(text: string, width: number, lead = ''): string {
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const isFirst = line.length === lead.length;
    if (!isFirst && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(lead.length) + word;
    } else {
      line += isFirst ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
