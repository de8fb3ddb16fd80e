import { AppError, exitCodeOf, type Outcome } from '@infrabackup/core';
import { findVerb, verbs, type VerbEntry } from './commands/verbs.ts';
import { canonicalArgv, plainWords } from './flags/canonical-argv.ts';
import { connectionFlags, globalFlags } from './flags/connection-flags.ts';
import { nearest } from './flags/nearest.ts';
import { outcomeOf, renderFailure } from './render/failure.ts';
import type { Shell } from './shell.ts';

/** Runs one command line and gives its exit code. Never throws: what goes wrong is printed to `shell.err`. */
export async function runCommandLine(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return exitCodeOf(await dispatch(argv, shell));
  } catch (error) {
    return await reportFailure(error, argv, shell);
  }
}

/** Prints what went wrong, and gives the exit code of it. */
export async function reportFailure(error: unknown, argv: readonly string[], shell: Shell): Promise<number> {
  await shell.err.write(renderFailure(error, argv, shell));
  return exitCodeOf(outcomeOf(error));
}

/** The flags that may stand before the verb. */
const leadingFlags = { ...connectionFlags, ...globalFlags };

async function dispatch(argv: readonly string[], shell: Shell): Promise<Outcome> {
  const words = plainWords(argv, leadingFlags);
  if (words[0] === 'help') return await dispatch([...argv.slice(argv.indexOf('help') + 1), '--help'], shell);
  const entry = findVerb(words);
  if (entry === undefined) return await showOverview(argv, words, shell);

  const verb = await entry.load();
  const { parseVerb, verbHelp } = await import('./parser.ts');
  const input = parseVerb(entry, verb, argv);
  if (input !== 'help') return await verb.run(input, shell);
  await shell.out.write(await verbHelp(entry, verb, shell.out.columns));
  return 'done';
}

/** No verb: the list of verbs, or of those under the first word; an error for a word that is neither. */
async function showOverview(argv: readonly string[], words: readonly string[], shell: Shell): Promise<Outcome> {
  const under = verbs.filter(({ path }) => path.startsWith(`${words[0] ?? ''} `));
  const unknown = words[under.length > 0 ? 1 : 0];
  if (unknown !== undefined) throw unknownVerb(unknown, under);
  canonicalArgv(argv, leadingFlags);
  const { overviewHelp } = await import('./parser.ts');
  await shell.out.write(await overviewHelp(under.length > 0 ? under : verbs, shell.out.columns));
  return 'done';
}

function unknownVerb(word: string, under: readonly VerbEntry[]): AppError {
  const parent = under[0]?.path.split(' ')[0];
  const names =
    parent === undefined
      ? [...new Set(verbs.map(({ path }) => path.split(' ')[0]!))]
      : under.map(({ path }) => path.slice(parent.length + 1));
  const command = ['kubectl infrabackup', ...(parent === undefined ? [] : [parent])].join(' ');
  const near = nearest(word, names);
  return new AppError('USAGE', `unknown command '${word}' for '${command}'`, {
    hint: near === undefined ? `'${command} --help' lists them` : `did you mean '${command} ${near}'?`,
  });
}
