import { AppError } from '@infrabackup/core';
import type { Store } from '@infrabackup/core';
import type { DefaultedOption, LocationOption } from './location-option.ts';
import { formatStoreUri } from './store-uri.ts';

/** What surrounds a location: the process that opens it. */
export interface DriverContext {
  /** The absolute folder that relative paths start from. */
  readonly workingFolder: string;
  /** Where proxies and such are named. The clouds' own clients read their credentials where they always do. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The options of one kind of destination, by name; the same in the URI's query and in the configuration. */
export type OptionTable = Readonly<Record<string, LocationOption<unknown>>>;

type ValueOf<Option> = Option extends LocationOption<infer Value> ? Value : never;

type ValuesOf<Table extends OptionTable> = {
  readonly [Name in keyof Table as Table[Name] extends DefaultedOption<unknown> ? never : Name]?: ValueOf<Table[Name]>;
} & {
  readonly [Name in keyof Table as Table[Name] extends DefaultedOption<unknown> ? Name : never]: ValueOf<Table[Name]>;
};

interface DriverDefinition<Table extends OptionTable> {
  /** How a location of the kind is written. */
  readonly example: string;
  readonly options: Table;
  /**
   * Opens the place, with its client, whose code is imported here and not before. Nothing is sent yet. `uri` is the
   * location with its options, in one form.
   */
  open(address: string, options: ValuesOf<Table>, context: DriverContext & { readonly uri: string }): Promise<Store>;
}

/** One kind of destination. */
export interface Driver {
  readonly example: string;
  readonly options: OptionTable;
  /** Throws STORE_UNSUPPORTED for unknown options, naming those that exist, and USAGE for values that are none. */
  open(address: string, given: Readonly<Record<string, string>>, context: DriverContext): Promise<Store>;
}

/** A driver whose options are checked against its table before it sees them. */
export function defineDriver<Table extends OptionTable>(scheme: string, definition: DriverDefinition<Table>): Driver {
  const { example, options } = definition;
  return {
    example,
    options,
    open: async (address, given, context) => {
      const values = parseOptions(scheme, options, given) as ValuesOf<Table>;
      return definition.open(address, values, { ...context, uri: formatStoreUri(scheme, address, given) });
    },
  };
}

function parseOptions(
  scheme: string,
  table: OptionTable,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(table, name));
  if (unknown.length > 0) {
    const known = Object.entries(table).map(([name, { takes }]) => `${name}: ${takes}`);
    throw new AppError('STORE_UNSUPPORTED', `a ${scheme}: location has no option ${unknown.join(', ')}`, {
      hint: known.length === 0 ? 'it takes none' : `options that it has: ${known.join('; ')}`,
    });
  }
  const otherwise = Object.entries(table).flatMap(([name, option]) =>
    'otherwise' in option ? [[name, option.otherwise] as const] : [],
  );
  const said = Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      const { takes, parse } = table[name]!;
      const value = parse(text);
      if (value !== undefined) return [name, value];
      // Without the value, which may be where somebody put a password.
      throw new AppError('USAGE', `the value of the option ${name} is not one that a ${scheme}: location takes`, {
        hint: `${name}: ${takes}`,
      });
    }),
  );
  return { ...Object.fromEntries(otherwise), ...said };
}
