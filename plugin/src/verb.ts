import type { Outcome } from '@infrabackup/core';
import type { FlagTable, FlagValues, LiveKind } from './flags/flag.ts';
import type { Shell } from './shell.ts';

/** What the user typed after the verb. */
export interface Arguments<T extends FlagTable> {
  readonly positionals: readonly string[];
  readonly flags: FlagValues<T>;
}

/** What completion offers for an argument: names of that kind, fixed words, or nothing. */
export type Completes = LiveKind | 'nothing' | readonly string[];

/** One verb: what it takes, what its help says, and what it does. */
export interface Verb<T extends FlagTable = FlagTable> {
  /** The verb and its arguments: `get BACKUP TYPE[/NAME]...`. */
  readonly usage: string;
  /** How many arguments it takes: at least, and at most. */
  readonly arity: readonly [least: number, most: number];
  /** For each argument; the last entry stands for the rest. */
  readonly completes: readonly Completes[];
  readonly flags: T;
  readonly description: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** The ways in which it can end, beside those of every verb. */
  readonly outcomes: readonly Outcome[];
  /** Does the work, prints through the shell, and throws AppError when it cannot go on. */
  run(input: Arguments<T>, shell: Shell): Promise<Outcome>;
}

/** The verb as it is, its flags' types kept. */
export function defineVerb<const T extends FlagTable>(verb: Verb<T>): Verb {
  return verb;
}
