/** A count for people: `12,345 objects`, `1 object`. The plural is the word and an s where none is given. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/** Thousands apart: `12,345`. */
export function formatNumber(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes with two or three digits: `845 B`, `4.3 MiB`, `120 GiB`. */
export function formatBytes(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]!}`;
}

/** A time that something took: `0.8s`, `12.3s`, `3m05s`. */
export function formatSeconds(lengthMs: number): string {
  const seconds = lengthMs / 1_000;
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}

/** Labels as kubectl shows them: `app=web,tier=front`, or `<none>`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
