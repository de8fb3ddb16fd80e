import { editDistance } from '@infrabackup/core';

/** The name that a mistyped word most likely meant; undefined when none comes near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  // Less than the whole word, or anything of its length would do.
  const limit = Math.min(Math.max(1, Math.floor(word.length / 3)), word.length - 1);
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word, name, limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name ?? names.find((name) => word.length > 1 && name.startsWith(word));
}
