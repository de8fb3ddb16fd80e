import type { Flag } from './flag.ts';

/** What each output format is good for, in one word list for help and completion. */
const formats = {
  table: 'for people',
  wide: 'a table with more columns',
  text: 'for people',
  unified: 'a diff, line by line',
  summary: 'a line for each object',
  json: 'for programs',
  yaml: 'for programs and people',
  name: 'one name a line',
} as const;

/** A word that `-o` takes. */
export type OutputFormat = keyof typeof formats;

/** The flag `-o` of a verb that knows these formats, the first of which it takes when the flag is left out. */
export function outputFlag<const F extends readonly OutputFormat[]>(
  choices: F,
): { readonly kind: 'string'; readonly short: 'o'; readonly choices: F; readonly describe: string } {
  const described = choices.map((format) => `${format} (${formats[format]})`).join(', ');
  return { kind: 'string', short: 'o', choices, describe: `Output: ${described}` };
}

/** kubectl's flag for tables without their head. */
export const noHeadersFlag = {
  kind: 'boolean',
  describe: 'Leave out the first line of a table',
} as const satisfies Flag;
