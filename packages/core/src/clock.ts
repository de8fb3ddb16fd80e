/** The time, handed in from the edge so that planners are pure and tests hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The instant as backups write it: UTC, whole seconds, e.g. `2026-11-21T08:30:00Z`. */
export function formatInstant(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** The instant to the millisecond, e.g. `2026-11-21T08:30:00.123Z`: tells apart what follows within a second. */
export function formatMoment(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
