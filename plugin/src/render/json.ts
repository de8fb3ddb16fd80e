import { compareUtf8, rawNumber } from '@infrabackup/core';

/** The value as kubectl prints JSON: four blanks an indent, a newline at the end. Errors are shown by code and message. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, exactly, 4)}\n`;
}

/** The value with the keys of all its objects sorted, as kubectl shows objects. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareUtf8(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Whole numbers beyond a double are BigInt here; see `parseManifest`. */
function exactly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawNumber(value);
  if (value instanceof Error) return { ...('code' in value && { code: value.code }), message: value.message };
  return value;
}
