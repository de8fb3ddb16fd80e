import { AppError } from '@infrabackup/core';
import { nearest } from './nearest.ts';
import type { Flag, FlagTable } from './flag.ts';

/**
 * The arguments with every flag as `--name=value` and in front, then `--` and what is no flag.
 *
 * Flags mean what they mean to kubectl, which yargs reads otherwise: `-nshop` is `-n shop`, a flag that takes a value
 * takes the next argument whatever it looks like, a boolean never does, `--no-headers` is a name and no negation, and
 * of a flag that holds one value the last counts. Throws USAGE for a flag that is not in the table.
 *
 * Source: https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax
 */
export function canonicalArgv(argv: readonly string[], flags: FlagTable): readonly string[] {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const { flag, name, text } of tokens(argv, flags)) {
    if (name === undefined) positionals.push(text);
    else if (flag?.kind === 'list' || flag?.kind === 'repeated') values.set(name, [...(values.get(name) ?? []), text]);
    else values.set(name, [text]);
  }
  const canonical = [...values].flatMap(([name, texts]) => texts.map((text) => `--${name}=${text}`));
  return [...canonical, '--', ...positionals];
}

/**
 * The arguments that are no flags, as far as they can be told before the verb, and with it its flags, is known: a flag
 * that is not in the table is taken to have a value, as cobra takes it.
 *
 * Source: https://github.com/spf13/cobra/blob/v1.9.1/command.go#L625 (stripFlags)
 */
export function plainWords(argv: readonly string[], flags: FlagTable): readonly string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') return [...words, ...argv.slice(i + 1)];
    if (!arg.startsWith('-') || arg === '-') words.push(arg);
    else if (!arg.includes('=') && takesNext(arg, argv[i + 1], flags)) i++;
  }
  return words;
}

function takesNext(arg: string, next: string | undefined, flags: FlagTable): boolean {
  if (arg.startsWith('--')) {
    const flag = flags[arg.slice(2)];
    return flag?.kind !== 'boolean' && !standsAlone(flag, next);
  }
  return arg.length === 2 && byLetter(arg[1]!, flags)?.[1].kind !== 'boolean';
}

/** Whether what follows a flag is none of the values that it could also do without. */
function standsAlone(flag: Flag | undefined, next: string | undefined): boolean {
  return flag?.alone !== undefined && (next === undefined || flag.choices?.includes(next) !== true);
}

interface Token {
  readonly flag?: Flag;
  /** Absent for what is no flag. */
  readonly name?: string;
  readonly text: string;
}

function* tokens(argv: readonly string[], flags: FlagTable): Generator<Token> {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    const following = (shown: string): string => {
      i++;
      const next = argv[i];
      if (next === undefined) throw new AppError('USAGE', `flag needs an argument: ${shown}`);
      return next;
    };
    if (arg === '--') {
      for (const text of argv.slice(i + 1)) yield { text };
      return;
    }
    if (arg.startsWith('--')) yield longFlag(arg, argv[i + 1], flags, following);
    else if (arg.startsWith('-') && arg !== '-') yield* letters(arg, flags, following);
    else yield { text: arg };
  }
}

function longFlag(
  arg: string,
  next: string | undefined,
  flags: FlagTable,
  following: (shown: string) => string,
): Token {
  const equals = arg.indexOf('=');
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) throw unknownFlag(`--${name}`, name, flags);
  if (equals >= 0) return { flag, name, text: arg.slice(equals + 1) };
  if (flag.kind === 'boolean') return { flag, name, text: 'true' };
  return { flag, name, text: standsAlone(flag, next) ? flag.alone! : following(`--${name}`) };
}

/** `-A`, `-An shop`, `-nshop`, `-n=shop`. */
function* letters(arg: string, flags: FlagTable, following: (shown: string) => string): Generator<Token> {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at]!;
    const [name, flag] = byLetter(letter, flags) ?? [];
    if (name === undefined || flag === undefined) throw unknownLetter(letter, arg, flags);
    if (flag.kind === 'boolean' && arg[at + 1] !== '=') {
      yield { flag, name, text: 'true' };
      continue;
    }
    const attached = arg.slice(arg[at + 1] === '=' ? at + 2 : at + 1);
    yield { flag, name, text: at + 1 < arg.length ? attached : following(`-${letter}`) };
    return;
  }
}

function byLetter(letter: string, flags: FlagTable): [string, Flag] | undefined {
  return Object.entries(flags).find(([, flag]) => flag.short === letter);
}

function unknownFlag(shown: string, name: string, flags: FlagTable): AppError {
  const near = nearest(name, Object.keys(flags));
  return new AppError('USAGE', `unknown flag: ${shown}`, {
    hint: near === undefined ? undefined : `did you mean --${near}?`,
  });
}

function unknownLetter(letter: string, arg: string, flags: FlagTable): AppError {
  const name = arg.slice(1).split('=')[0]!;
  return new AppError('USAGE', `unknown shorthand flag: '${letter}' in ${arg}`, {
    hint: Object.hasOwn(flags, name) ? `did you mean --${name}?` : undefined,
  });
}
