import type { Manifest } from './manifest.ts';

/** A whole number of so many digits may be more than a double holds. */
const longNumber = /[:[,]\s*-?\d{16,}/;

/**
 * The object as parsed JSON, exactly: whole numbers that a double would round are BigInt. Write it by
 * {@link stringifyExactly}, since JSON.stringify refuses those. Throws SyntaxError.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ (whole numbers have 64 bits)
 */
export function parseManifest(bytes: Buffer): Manifest {
  return parseExactly(bytes.toString('utf8')) as Manifest;
}

/** Any JSON, as {@link parseManifest} takes it. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  return (JSON.parse as ParseWithSource)(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value,
  );
}

/** The value as JSON, each whole number as it was parsed by {@link parseManifest}. */
export function stringifyExactly(value: unknown): string {
  try {
    // Nearly all have no such number, and a replacer takes more than twice the time.
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, exactly);
  }
}

function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawNumber(value) : value;
}

/** What a replacer of JSON.stringify gives back for a BigInt, so that all its digits are written. */
export function rawNumber(value: bigint): unknown {
  return (JSON as JsonWithRaw).rawJSON(String(value));
}

/** Node has both since 21; TypeScript's library does not yet. Source: https://github.com/tc39/proposal-json-parse-with-source */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
type JsonWithRaw = JSON & { rawJSON(text: string): unknown };
