import { isKeySegment } from '@infrabackup/core';

/** The key of a value that a cloud lists by its whole name; undefined for what is no key of a location under the prefix. */
export function keyBelow(name: string, prefix: string): string | undefined {
  const key = name.slice(prefix.length);
  return key.split('/').every(isKeySegment) ? key : undefined;
}

/**
 * The last parts of the names of values and folders in one page of a listing, in the order of keys; what is no part of
 * a key is left out. `prefix` is all that they begin with.
 */
export function namesBelow(places: readonly string[], prefix: string): readonly string[] {
  // Clouds sort values and folders, each by themselves. Keys are ASCII.
  return places
    .toSorted()
    .map((place) => place.slice(prefix.length).replace(/\/$/, ''))
    .filter(isKeySegment);
}
