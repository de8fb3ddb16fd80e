import { AppError, exitCodes, type Outcome } from '@infrabackup/core';
import yargs, { type Argv } from 'yargs';
import { wordsOf, type VerbEntry } from './commands/verbs.ts';
import { canonicalArgv } from './flags/canonical-argv.ts';
import { connectionFlags, globalFlags } from './flags/connection-flags.ts';
import { parseFlag } from './flags/parse-flag.ts';
import type { FlagTable } from './flags/flag.ts';
import { wrap } from './render/wrap.ts';
import type { Arguments, Verb } from './verb.ts';

const program = 'kubectl infrabackup';

/** How every command may end; a verb adds its own. */
const outcomesOfAll: readonly Outcome[] = ['done', 'failed', 'bug', 'cancelled'];

/** What was typed for the verb, or that its help is asked for. Throws USAGE for anything that the verb does not take. */
export function parseVerb(entry: VerbEntry, verb: Verb, argv: readonly string[]): Arguments<FlagTable> | 'help' {
  // kubectl takes its own flags everywhere, so scripts give them everywhere; the help shows them where they count.
  const flags = { ...connectionFlags, ...verb.flags, ...globalFlags };
  const parsed = parserOf(flags).parseSync([...canonicalArgv(argv, flags)]);
  const values = Object.entries(flags).map(([name, flag]) => {
    const texts = parsed[name] as string | readonly string[] | undefined;
    return [name, texts === undefined ? undefined : parseFlag(name, flag, [texts].flat())] as const;
  });
  const input = {
    positionals: parsed._.map(String).slice(wordsOf(entry.path).length),
    flags: Object.fromEntries(values) as Arguments<FlagTable>['flags'],
  };
  if (input.flags['help'] === true) return 'help';
  checkArity(entry, verb, input.positionals);
  return input;
}

/** The help of one verb, wrapped for the terminal. */
export async function verbHelp(entry: VerbEntry, verb: Verb, columns: number | undefined): Promise<string> {
  const width = widthFor(columns);
  const outcomes = new Set([...outcomesOfAll, ...verb.outcomes]);
  const status = exitCodes
    .filter(({ name }) => outcomes.has(name))
    .map(({ exitCode, meaning }) => wrap(meaning, width, `  ${String(exitCode).padEnd(5)}`));
  const examples = verb.examples.map(([command, what]) => `  # ${what}\n  ${command}`);
  const parser = parserOf({ ...verb.flags, ...globalFlags })
    .wrap(width)
    .usage(`Usage: $0 ${verb.usage} [flags]\n\n${entry.summary}.\n\n${verb.description}`)
    .epilogue(`Examples:\n${examples.join('\n\n')}\n\nExit status:\n${status.join('\n')}`);
  return `${await parser.getHelp()}\n`;
}

/** The list of verbs. */
export async function overviewHelp(entries: readonly VerbEntry[], columns: number | undefined): Promise<string> {
  const parser = parserOf(globalFlags)
    // yargs would write it before each verb of the list.
    .scriptName('')
    .wrap(widthFor(columns))
    .usage(
      `Usage: ${program} COMMAND [flags]\n\nBack up a cluster's objects, browse the backups, and see what a restore would change.`,
    )
    .epilogue(`'${program} COMMAND --help' tells all about a command.`);
  for (const { path, summary } of entries) parser.command(path, summary);
  return `${await parser.getHelp()}\n`;
}

/** @types/yargs does not know this method. */
type Configurable = Argv & { usageConfiguration(options: { readonly 'hide-types': boolean }): Argv };

/** `nargs: 1` makes yargs take the text after `=` as it is: no quotes stripped, no numbers made. */
function parserOf(flags: FlagTable): Argv {
  const options = Object.entries(flags).map(([name, flag]) => {
    const alias = flag.short === name ? undefined : flag.short;
    const group = flag.group ?? 'Flags:';
    return [name, { describe: flag.describe, group, nargs: 1, string: true, ...(alias !== undefined && { alias }) }];
  });
  return (yargs([]) as Configurable)
    .usageConfiguration({ 'hide-types': true })
    .scriptName(program)
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'sort-commands': false,
    })
    .fail((message: string, error: Error | undefined) => {
      throw error ?? new AppError('USAGE', message);
    })
    .options(Object.fromEntries(options));
}

function checkArity(entry: VerbEntry, verb: Verb, positionals: readonly string[]): void {
  const [least, most] = verb.arity;
  if (positionals.length >= least && positionals.length <= most) return;
  const extra = positionals[most];
  throw new AppError(
    'USAGE',
    extra === undefined ? `${entry.path} needs more: ${program} ${verb.usage}` : `${entry.path} takes no '${extra}'`,
    { hint: `${program} ${entry.path} --help` },
  );
}

/** As wide as the terminal, but not wider than is good to read; 80 columns where there is none. */
function widthFor(columns: number | undefined): number {
  return Math.max(40, Math.min(columns ?? 80, 100));
}
