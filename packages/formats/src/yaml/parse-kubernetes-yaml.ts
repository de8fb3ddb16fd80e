import { AppError, type Json } from '@infrabackup/core';
import { boolYaml11Tag, CORE_SCHEMA, defineScalarTag, loadAll, mergeTag, NOT_RESOLVED } from 'js-yaml';

/** Signs and digits, with which every number begins. */
const numberStart = '-+.0123456789'.split('');

/**
 * Integers as kubectl reads them: `0644` is octal, `_` may part digits.
 *
 * Source: https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go
 */
const integerTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: numberStart,
  resolve: (source) => {
    const plain = source.replaceAll('_', '').toLowerCase();
    const { sign, digits } =
      /^(?<sign>[-+]?)(?<digits>0b[01]+|0o?[0-7]+|0x[0-9a-f]+|0|[1-9][0-9]*)$/.exec(plain)?.groups ?? {};
    if (digits === undefined) return NOT_RESOLVED;
    const value = Number(digits.replace(/^0(?=[0-7]+$)/, '0o'));
    return sign === '-' && value !== 0 ? -value : value;
  },
  identify: () => false,
  represent: String,
});

/** Decimal fractions as kubectl reads them. One without an end is found later, since JSON has no word for it. */
const floatTag = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: numberStart,
  resolve: (source) => {
    const plain = source.replaceAll('_', '');
    if (/^[-+]?\.inf$/i.test(source) || /^\.nan$/i.test(source)) return Number.NaN;
    const isNumber =
      /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain) && /^[-+]?\.?[0-9]/.test(source);
    return isNumber && Number.isFinite(Number(plain)) ? Number(plain) : NOT_RESOLVED;
  },
  identify: () => false,
  represent: String,
});

/** YAML as Kubernetes reads it: of version 1.1 the truth values, the octal numbers and `<<`, and no dates. */
const kubernetesSchema = CORE_SCHEMA.withTags([boolYaml11Tag, integerTag, floatTag, mergeTag]);

/** What aliases may make of a text: each of its characters may come back so many times. */
const aliasFactor = 100;
/** The longest file of YAML that is read. */
const textLimit = 1 << 26;
const depthLimit = 200;

/**
 * The documents of a YAML or JSON text, as kubectl reads them; empty ones are left out.
 *
 * Throws USAGE that names `where` for what is no YAML, for aliases that lead in a circle or would make a small text
 * large, and for numbers that JSON has no words for.
 */
export function parseKubernetesYaml(text: string, where: string): readonly Json[] {
  if (text.length > textLimit) throw unreadable(where, `it is longer than ${textLimit} characters`);
  let documents: readonly unknown[];
  try {
    documents = loadAll(text, { schema: kubernetesSchema, filename: where });
  } catch (cause) {
    // The reason's first line: the rest shows the text, which may be a Secret's.
    const reason = (cause as { readonly reason?: string }).reason ?? (cause as Error).message;
    const line = (cause as { readonly mark?: { readonly line: number } }).mark?.line;
    throw unreadable(where, `${reason.split('\n')[0]!}${line === undefined ? '' : ` in line ${line + 1}`}`);
  }
  const limit = Math.max(text.length, 1000) * aliasFactor;
  const sizes = new Map<object, number>();
  let total = 0;
  for (const document of documents) {
    total += sizeOf(document, sizes, 0, where);
    if (total > limit) throw unreadable(where, 'its aliases would make it larger than memory');
  }
  return (documents as readonly (Json | undefined)[]).filter((document) => document !== null && document !== undefined);
}

/** Values that the text stands for, each alias counted as a copy; what was counted once is not walked again. */
function sizeOf(value: unknown, sizes: Map<object, number>, depth: number, where: string): number {
  if (typeof value === 'number' && !isExact(value)) throw unreadable(where, 'it holds a number that JSON cannot carry');
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value !== 'object' || value === null) return 1;
  const known = sizes.get(value);
  if (known !== undefined) {
    if (known < 0) throw unreadable(where, 'its aliases lead in a circle');
    return known;
  }
  if (depth > depthLimit) throw unreadable(where, `it is nested deeper than ${depthLimit} levels`);
  sizes.set(value, -1);
  let size = 1;
  for (const [key, member] of Object.entries(value)) size += key.length + sizeOf(member, sizes, depth + 1, where);
  sizes.set(value, size);
  return size;
}

/** Beyond 2^53 neighbours are one number: better refused than changed. */
function isExact(value: number): boolean {
  return (
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Math.abs(value) <= Number.MAX_SAFE_INTEGER || Math.abs(value) > 2 ** 64)
  );
}

/** Without the library's error, which holds the text. */
function unreadable(where: string, why: string): AppError {
  return new AppError('USAGE', `${where} cannot be read as YAML: ${why}`);
}
