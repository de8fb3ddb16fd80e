/** Counts with their noun: `1 object`, `12,345 objects`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** Bytes in the unit that leaves few digits: `845 byte`, `4.3 MB`. */
export function formatBytes(sizeBytes: number): string {
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3));
  return new Intl.NumberFormat('en', { style: 'unit', unit: byteUnits[power], maximumFractionDigits: 1 }).format(
    sizeBytes / 1000 ** power,
  );
}

const spansMs = [
  ['year', 365 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How far an instant lies from now: `3 hours ago`, `in 30 days`, `just now`. The text as it is when it is no instant. */
export function formatWhen(instant: string, nowMs: number): string {
  const lengthMs = Date.parse(instant) - nowMs;
  if (Number.isNaN(lengthMs)) return instant;
  const [unit, unitMs] = spansMs.find(([, spanMs]) => Math.abs(lengthMs) >= spanMs) ?? [];
  if (unit === undefined) return 'just now';
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(lengthMs / unitMs), unit);
}
