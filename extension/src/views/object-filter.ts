import type { ObjectRef } from '@infrabackup/core';

/** Tells whether an object passes. */
export type ObjectFilter = (ref: ObjectRef) => boolean;

/**
 * The filter that a person typed: every word must occur in `type/namespace/name`, in any case.
 *
 * Undefined for a text without words: everything passes.
 */
export function parseFilter(text: string): ObjectFilter | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return ({ type, namespace, name }) => {
    const path = `${type}/${namespace === undefined ? '' : `${namespace}/`}${name}`.toLowerCase();
    return words.every((word) => path.includes(word));
  };
}
