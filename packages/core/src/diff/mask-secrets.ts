import type { Manifest } from '../object/manifest.ts';
import { masked, redact } from '../object/redact.ts';
import { isObject, own } from './same-json.ts';

/**
 * Both manifests as `redact` shows them, but so that a change still shows, as `kubectl diff` does: what is masked reads
 * `***` where both sides are equal or only one exists, else `*** (before)` and `*** (after)`.
 *
 * Pass undefined for a side that does not exist. Manifests that are no Secrets come back as they are.
 */
export function maskSecrets<Before extends Manifest | undefined, After extends Manifest | undefined>(
  before: Before,
  after: After,
): [Before, After] {
  const left: Side | undefined = before && { whole: before, shown: redact(before) };
  const right: Side | undefined = after && { whole: after, shown: redact(after) };
  return [mark(left, right, '(before)') as Before, mark(right, left, '(after)') as After];
}

interface Side {
  readonly whole: Manifest;
  readonly shown: Manifest;
}

function mark(side: Side | undefined, other: Side | undefined, name: string): Manifest | undefined {
  if (side === undefined || side.shown === side.whole) return side?.whole;
  const { metadata, data, stringData } = side.shown;
  const values = (at: (manifest: Manifest) => unknown): unknown =>
    markValues([at(side.whole), at(side.shown)], [other && at(other.whole), other && at(other.shown)], name);
  const annotations = values((manifest) => manifest.metadata.annotations) as Record<string, string>;
  return {
    ...side.shown,
    ...(data !== undefined && { data: values((manifest) => manifest['data']) }),
    ...(stringData !== undefined && { stringData: values((manifest) => manifest['stringData']) }),
    metadata: metadata.annotations === undefined ? metadata : { ...metadata, annotations },
  };
}

function markValues(
  [whole, shown]: readonly [unknown, unknown],
  [otherWhole, otherShown]: readonly [unknown, unknown],
  name: string,
): unknown {
  if (!isObject(shown)) return shown;
  const valueOf = (map: unknown, key: string): unknown => (isObject(map) ? own(map, key) : undefined);
  const entries = Object.entries(shown).map(([key, value]) => {
    // Masked on one side is masked on both: an annotation may hold a value that only the other side still has.
    if (value !== masked && valueOf(otherShown, key) !== masked) return [key, value];
    const other = valueOf(otherWhole, key);
    return [key, other === undefined || other === valueOf(whole, key) ? masked : `${masked} ${name}`];
  });
  return Object.fromEntries(entries);
}
