import { isAbsolute } from 'node:path';

/** One option of a kind of destination. */
export interface LocationOption<Value> {
  /** The values it takes, for people. */
  readonly takes: string;
  /** Undefined for a text that is no such value. */
  readonly parse: (text: string) => Value | undefined;
}

/** One that has a value also where it is left out. */
export interface DefaultedOption<Value> extends LocationOption<Value> {
  readonly otherwise: Value;
}

/** Any text but an empty one. */
export function textOption(takes: string): LocationOption<string> {
  return { takes, parse: (text) => (text === '' ? undefined : text) };
}

/** One of some words; `otherwise` is the one that holds where the option is left out. */
export function wordOption<const Word extends string>(
  words: readonly Word[],
  otherwise?: NoInfer<Word>,
): LocationOption<Word> {
  const shown = words.map((word) => (word === otherwise ? `${word} (default)` : word));
  return { takes: shown.join(' or '), parse: (text) => words.find((word) => word === text) };
}

/** `true` or `false`. */
export function flagOption(takes: string): LocationOption<boolean> {
  return { takes: `true or false; ${takes}`, parse: (text) => ({ true: true, false: false })[text] };
}

/** A file's absolute path: a configured location means the same wherever it is used. */
export function fileOption(takes: string): LocationOption<string> {
  return { takes: `the absolute path of ${takes}`, parse: (text) => (isAbsolute(text) ? text : undefined) };
}

/** How long a server may be silent until it is asked again, in milliseconds. */
export const silenceOption: DefaultedOption<number> = {
  // One that puts many parts together says nothing for a while.
  otherwise: 120_000,
  takes: 'seconds or minutes that the server may be silent until it is asked again, e.g. 30s; 2m where nothing is said',
  parse: (text) => {
    const [, count, unit] = /^([1-9]\d{0,3})([sm])$/.exec(text) ?? [];
    return count === undefined ? undefined : Number(count) * (unit === 'm' ? 60_000 : 1_000);
  },
};

/** The address of a server, of http or https, with nothing behind its port. */
export function serverOption(takes: string): LocationOption<URL> {
  return {
    takes: `${takes}, https://HOST[:PORT]`,
    parse: (text) => {
      const url = URL.parse(text);
      const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
      return isPlain && /^https?:$/.test(url.protocol) ? url : undefined;
    },
  };
}
