/** How long ago something was, or took, as kubectl says it: `45s`, `3m20s`, `5h`, `12d`, `2y30d`. */
export function formatAge(lengthMs: number): string {
  // Source: https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/util/duration/duration.go (HumanDuration)
  const seconds = Math.trunc(lengthMs / 1_000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return twoUnits(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? twoUnits(years, 'y', days % 365, 'd') : `${years}y`;
}

/** {@link formatAge} of the time from one instant to another; `<unknown>` where the first one is not told. */
export function formatAgeAt(instant: unknown, nowMs: number): string {
  if (typeof instant !== 'string') return '<unknown>';
  const timeMs = Date.parse(instant);
  return Number.isNaN(timeMs) ? '<invalid>' : formatAge(nowMs - timeMs);
}

function twoUnits(great: number, greatUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${great}${greatUnit}` : `${great}${greatUnit}${small}${smallUnit}`;
}
