import type { Manifest } from '@infrabackup/core';

/** A whole number of so many digits may be more than a double holds. */
const longNumber = /[:[,]\s*-?\d{16,}/;

/** The stored object. Whole numbers that a double would round are BigInt, so that they are shown as they were. */
export function parseObject(bytes: Buffer): Manifest {
  const text = bytes.toString('utf8');
  if (!longNumber.test(text)) return JSON.parse(text) as Manifest;
  return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? BigInt(source!) : value,
  ) as Manifest;
}

/** Node has it since 21; TypeScript's library does not yet. Source: https://github.com/tc39/proposal-json-parse-with-source */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
