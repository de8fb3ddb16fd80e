import { findVerb, verbs, wordsOf } from '../commands/verbs.ts';
import { canonicalArgv, plainWords } from '../flags/canonical-argv.ts';
import { connectionFlags, globalFlags } from '../flags/connection-flags.ts';
import type { Flag, FlagTable } from '../flags/flag.ts';
import { parseFlag } from '../flags/parse-flag.ts';
import type { Shell } from '../shell.ts';
import type { Completes } from '../verb.ts';
import { liveCandidates, type Candidate, type TypedSoFar } from './live-candidates.ts';

/** What the shell does beside our candidates. Source: https://github.com/spf13/cobra/blob/v1.9.1/completions.go (ShellCompDirective) */
const directives = { files: 0, nothing: 4 } as const;

/** What can stand in place of the last word. */
interface Completion {
  readonly candidates: AsyncIterable<Candidate> | Iterable<Candidate>;
  readonly beside: keyof typeof directives;
}

/** Longer than this nobody waits for a TAB. */
const limitMs = 1_000;

/**
 * Answers `__complete WORD...`: a line for each candidate for the last word, then the directive. Whatever goes wrong or
 * takes longer than a second is left out in silence: the user is still typing.
 */
export async function answerCompletion(words: readonly string[], shell: Shell): Promise<string> {
  const current = words.at(-1) ?? '';
  const typed = current.startsWith('--') ? current.replace(/^--[^=]+=/, '') : current;
  const lines: string[] = [];
  let beside: Completion['beside'] = 'nothing';
  const gather = async (): Promise<void> => {
    const completion = await completionFor(words.slice(0, -1), current, shell);
    beside = completion.beside;
    for await (const { value, text } of completion.candidates) {
      if (value.startsWith(typed)) lines.push(text === undefined ? value : `${value}\t${text.replaceAll(/\s+/g, ' ')}`);
    }
  };
  const limit = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
  await Promise.race([gather().catch(() => undefined), limit]);
  return [...lines, `:${directives[beside]}`, ''].join('\n');
}

async function completionFor(before: readonly string[], current: string, shell: Shell): Promise<Completion> {
  const leadingFlags = { ...connectionFlags, ...globalFlags };
  const leading = plainWords(before, leadingFlags);
  const entry = findVerb(leading);
  if (entry === undefined) return current.startsWith('-') ? flagNames(globalFlags) : verbWords(leading);

  const verb = await entry.load();
  const flags: FlagTable = { ...connectionFlags, ...verb.flags, ...globalFlags };
  const positionals = plainWords(before, flags).slice(wordsOf(entry.path).length);
  const flag = flagAwaitingValue(before.at(-1), current, flags);
  const typed: TypedSoFar = {
    flags: readFlags(flag === undefined || current.startsWith('--') ? before : before.slice(0, -1), flags),
    backup: verb.completes[0] === 'backup' ? positionals[0] : undefined,
    type: positionals[1],
  };
  if (flag !== undefined) return flagValues(flag, current, typed, shell);
  if (current.startsWith('-')) return flagNames({ ...verb.flags, ...globalFlags });
  return argumentValues(
    verb.completes[positionals.length] ?? verb.completes.at(-1) ?? 'nothing',
    current,
    typed,
    shell,
  );
}

function verbWords(leading: readonly string[]): Completion {
  const inside = verbs.filter(({ path }) => leading.every((word, at) => wordsOf(path)[at] === word));
  const next = Map.groupBy(inside, ({ path }) => wordsOf(path)[leading.length] ?? '');
  const candidates = [...next].flatMap(([value, entries]) => {
    const text =
      entries.length === 1 ? entries[0]!.summary : entries.map(({ path }) => wordsOf(path).at(-1)).join(', ');
    return value === '' ? [] : { value, text };
  });
  return { candidates, beside: 'nothing' };
}

function flagNames(flags: FlagTable): Completion {
  const candidates = Object.entries(flags).map(([name, { describe }]) => ({
    value: name.length === 1 ? `-${name}` : `--${name}`,
    text: describe,
  }));
  return { candidates, beside: 'nothing' };
}

/** The flag whose value the current word is, after a blank or after `=`. */
function flagAwaitingValue(previous: string | undefined, current: string, flags: FlagTable): Flag | undefined {
  const inline = /^--([^=]+)=/.exec(current)?.[1];
  if (inline !== undefined) return flags[inline];
  const long = /^--([^=]+)$/.exec(previous ?? '')?.[1];
  const short = /^-([^-])$/.exec(previous ?? '')?.[1];
  const flag = long === undefined ? Object.values(flags).find((f) => f.short === short) : flags[long];
  return (long ?? short) === undefined || flag?.kind === 'boolean' ? undefined : flag;
}

function flagValues(flag: Flag, current: string, typed: TypedSoFar, shell: Shell): Completion {
  if (flag.kind === 'boolean') return { candidates: [{ value: 'true' }, { value: 'false' }], beside: 'nothing' };
  if (flag.choices !== undefined) return { candidates: flag.choices.map((value) => ({ value })), beside: 'nothing' };
  if (flag.completes === undefined) return { candidates: [], beside: 'nothing' };
  return argumentValues(flag.completes, current.replace(/^--[^=]+=/, ''), typed, shell);
}

function argumentValues(completes: Completes, current: string, typed: TypedSoFar, shell: Shell): Completion {
  if (completes === 'nothing') return { candidates: [], beside: 'nothing' };
  if (typeof completes !== 'string') return { candidates: completes.map((value) => ({ value })), beside: 'nothing' };
  const isPath = completes === 'file' || completes === 'location' || (completes === 'backup' && current.includes('/'));
  const found = liveCandidates(completes, typed, shell);
  const isList = completes === 'type' || completes === 'namespace';
  return {
    candidates: isList ? afterComma(current, found) : found,
    beside: isPath ? 'files' : 'nothing',
  };
}

/** In a list the last name is the one that is typed. */
async function* afterComma(current: string, found: AsyncIterable<Candidate>): AsyncGenerator<Candidate> {
  const head = current.slice(0, current.lastIndexOf(',') + 1);
  for await (const candidate of found) yield { ...candidate, value: head + candidate.value };
}

/** The flags that are typed whole; none when one of them makes no sense yet. */
function readFlags(before: readonly string[], flags: FlagTable): TypedSoFar['flags'] {
  try {
    const canonical = canonicalArgv(before, flags);
    const pairs = canonical.slice(0, canonical.indexOf('--')).map((arg) => {
      const [, name = '', text = ''] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
      return [name, parseFlag(name, flags[name]!, [text])] as const;
    });
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
}
