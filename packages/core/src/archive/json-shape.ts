/** Tells what is wrong with a value, as a path into it; undefined when nothing is. */
export type Shape = (value: unknown) => string | undefined;

const expected = (what: string, isRight: (value: unknown) => boolean): Shape => {
  return (value) => (isRight(value) ? undefined : ` is not ${what}`);
};

export const text = expected('text', (value) => typeof value === 'string');
export const truth = expected('true or false', (value) => typeof value === 'boolean');
/** A count or a length: a whole number, small enough that no sum of two is inexact. */
export const natural = expected(
  'a count',
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 52,
);

/** Text of that form. */
export function matching(pattern: RegExp, what: string): Shape {
  return expected(what, (value) => typeof value === 'string' && pattern.test(value));
}

/** A list of anything of the one shape. */
export function list(item: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    return firstProblem(
      value.entries(),
      (i) => `[${i}]`,
      () => item,
    );
  };
}

/** A map from any text to the one shape. */
export function map(item: Shape): Shape {
  return (value) => {
    if (!isObject(value)) return ' is not a map';
    return firstProblem(
      Object.entries(value),
      (key) => `.${key}`,
      () => item,
    );
  };
}

/** A value that may be absent. */
export function optional(shape: Shape): Shape {
  return (value) => (value === undefined ? undefined : shape(value));
}

/** A value that may be null. */
export function orNull(shape: Shape): Shape {
  return (value) => (value === null ? undefined : shape(value));
}

/** An object with at least these members; what else it has is left alone. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    const found = Object.entries(members).map(([key]) => [key, value[key]] as const);
    return firstProblem(
      found,
      (key) => `.${key}`,
      (key) => members[key]!,
    );
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstProblem<K>(
  entries: Iterable<readonly [K, unknown]>,
  path: (key: K) => string,
  shapeOf: (key: K) => Shape,
): string | undefined {
  for (const [key, value] of entries) {
    const problem = shapeOf(key)(value);
    if (problem !== undefined) return path(key) + problem;
  }
  return undefined;
}
