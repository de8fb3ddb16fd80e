/** A new run's id, `20261121-093000-7f3a`: sorts by time, and no two of a second are likely the same. */
export function newRunId(plannedAt: string, random: () => number): string {
  const time = plannedAt.replace(/[-:Z]/g, '').replace('T', '-');
  return `${time}-${hex(random, 4)}`;
}

/** A new run's key, for its digests. */
export function newRunKey(random: () => number): string {
  return hex(random, 32);
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}
