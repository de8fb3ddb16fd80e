/** What a flag takes, which is also what the verb gets. */
export type FlagKind =
  /** `--flag`, `--flag=true|false`. */
  | 'boolean'
  /** One text; the last one counts. */
  | 'string'
  /** A whole number. */
  | 'integer'
  /** How long something is kept, see `parseTtl`; the verb gets milliseconds. */
  | 'ttl'
  /** How long to wait at most: `30s`, `1m30s`, `0`; a number alone means seconds. The verb gets milliseconds. */
  | 'timeout'
  /** Texts, separated by commas and over several flags. */
  | 'list'
  /** One text a flag, any number of flags; commas are part of the text. */
  | 'repeated';

/** One flag, from which parsing, help and completion are made. */
export interface Flag {
  readonly kind: FlagKind;
  /** One letter. */
  readonly short?: string;
  /** The only texts that it may have. */
  readonly choices?: readonly string[];
  /** What the flag means when none of its choices follows; absent: one must. */
  readonly alone?: string;
  readonly describe: string;
  /** The heading that it stands under in the help; absent: `Flags`. */
  readonly group?: string;
  /** What completion offers for its value; absent: its choices, or nothing. */
  readonly completes?: LiveKind;
}

/** What completion looks up at the time: in the location, the backup or the cluster. */
export type LiveKind = 'backup' | 'file' | 'location' | 'namespace' | 'object' | 'type';

/** Flags by their long name without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What a verb gets for one flag; undefined where the user did not give it. */
export type FlagValue<F extends Flag> = FlagKind extends F['kind'] ? unknown : KnownValue<F> | undefined;

type KnownValue<F extends Flag> = F['kind'] extends 'boolean'
  ? boolean
  : F['kind'] extends 'integer' | 'ttl' | 'timeout'
    ? number
    : F['kind'] extends 'list' | 'repeated'
      ? readonly string[]
      : F extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string;

/** What a verb gets for its table of flags. */
export type FlagValues<T extends FlagTable> = { readonly [Name in keyof T]: FlagValue<T[Name]> };

/** The same flags, under one heading of the help. */
export function underHeading<const T extends FlagTable>(group: string, flags: T): T {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }])) as unknown as T;
}
