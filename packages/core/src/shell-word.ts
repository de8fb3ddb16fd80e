/** A word of a command in a hint as a POSIX shell takes it: in quotes where it holds what a shell reads as its own. */
export function shellWord(text: string): string {
  return /^[\w:/.,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
