import { AppError, parseTtl } from '@infrabackup/core';

const secondMs = 1000;

/**
 * How long to keep a backup, in milliseconds, as specifications write it: `24h`, `30d`, `10h10m10s`, `720h0m0s`.
 *
 * Undefined for nothing at all (`0s`), which means the default in Velero. Throws USAGE that names `where`.
 */
export function parseKeepTime(text: string, where: string): number | undefined {
  const { rest = '', seconds } = /^(?<rest>.*?)(?:(?<seconds>\d{1,10})s)?$/s.exec(text)?.groups ?? {};
  if (text !== '' && /^(0+[hms])+$/.test(text)) return undefined;
  try {
    const isZero = /^(0+[wdhm])*$/.test(rest) && seconds !== undefined;
    return (isZero ? 0 : parseTtl(rest)) + Number(seconds ?? 0) * secondMs;
  } catch {
    throw new AppError('USAGE', `${where}: ${JSON.stringify(text)} is no time to live`, {
      hint: 'write hours, minutes and seconds, as in 24h or 10h10m10s, or weeks and days, as in 30d',
    });
  }
}

/** The same time as Velero and Juju's charms write it, in hours, minutes and seconds. */
export function formatKeepTime(ttlMs: number): string {
  const seconds = Math.round(ttlMs / secondMs);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join('');
}
