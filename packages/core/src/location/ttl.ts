import { AppError } from '../errors/app-error.ts';

/** The units of a TTL, longest first. */
const unitsMs = { w: 7 * 86_400_000, d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

const grammar = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/;

/** Dates have an end, and a slip of the finger should not reach it. */
const maxMs = 100 * 365 * unitsMs.d;

/** A time to live in milliseconds: `24h`, `30d`, `1h30m`, `2w`. Throws USAGE with the grammar for anything else. */
export function parseTtl(text: string): number {
  const parts = grammar.exec(text)?.slice(1) ?? [];
  const ttlMs = Object.values(unitsMs).reduce((sum, unitMs, i) => sum + Number(parts[i] ?? 0) * unitMs, 0);
  if (ttlMs > 0 && ttlMs <= maxMs) return ttlMs;
  throw new AppError('USAGE', `${JSON.stringify(text)} is not a time to live`, {
    hint: 'write whole weeks, days, hours and minutes in this order, as in 24h, 30d, 1h30m or 2w; at most 100 years',
  });
}
