import { AppError } from '../errors/app-error.ts';
import type { RawObject } from '../object/raw-object.ts';

/** One condition on a field of an object. */
export interface FieldRequirement {
  /** The members that lead to the field: `['metadata', 'name']`. */
  readonly path: readonly string[];
  readonly equals: boolean;
  readonly value: string;
}

/**
 * The conditions of a field selector: `metadata.name=a,type!=Opaque`. Throws USAGE.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return text.split(',').map((condition) => {
    const { path, sign, value } =
      /^(?<path>[^=!]+)(?<sign>==?|!=)(?<value>[^=]*)$/.exec(condition.trim())?.groups ?? {};
    if (path === undefined || sign === undefined || value === undefined) {
      throw new AppError('USAGE', `field selector '${text}': '${condition}' is no condition`, {
        hint: 'write field=value or field!=value, as in metadata.name=web,type!=Opaque',
      });
    }
    return { path: path.trim().split('.'), equals: sign !== '!=', value };
  });
}

/** Whether the object meets every condition; a field that is absent is empty. Parses the object. */
export function matchesFields(requirements: readonly FieldRequirement[], { bytes }: Pick<RawObject, 'bytes'>): boolean {
  const object: unknown = JSON.parse(bytes.toString());
  return requirements.every(({ path, equals, value }) => (fieldOf(object, path) === value) === equals);
}

function fieldOf(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const member of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return '';
    value = (value as Record<string, unknown>)[member];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
