import { stringifyExactly } from '../object/parse-manifest.ts';
import { masked } from '../object/redact.ts';
import { formatChangePath } from './change-path.ts';
import type { Change } from './compare-manifests.ts';

/** Changes that are named one by one; the rest is counted. */
const namedChanges = 3;

/** A value longer than this is not shown. */
const shownLength = 40;

/**
 * The changes in one line: `spec.replicas 1 -> 2, +spec.paused, 4 more`. `+` came, `-` went, `~` changed to a value too
 * long for a line or stands in another order.
 */
export function summarizeChanges(changes: readonly Change[]): string {
  const named = changes.slice(0, namedChanges).map(summarizeChange);
  const rest = changes.length - named.length;
  return [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function summarizeChange(change: Change): string {
  const path = formatChangePath(change.path);
  switch (change.kind) {
    case 'added':
      return `+${path}`;
    case 'removed':
      return `-${path}`;
    case 'reordered':
      return `~${path}`;
    case 'changed': {
      const values = [change.before, change.after].map(shortValue);
      return values.includes(undefined) ? `~${path}` : `${path} ${values.join(' -> ')}`;
    }
  }
}

/** The value where it is plain, not masked, and fits on the line; undefined where it does not. */
function shortValue(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : stringifyExactly(value);
  if (typeof value === 'object' || text.startsWith(masked)) return undefined;
  return text.length <= shownLength && /^[\x20-\x7e]*$/.test(text) ? text : undefined;
}
