import type { Manifest } from '../object/manifest.ts';
import { isObject, own } from './same-json.ts';

/** Where a Secret holds values. Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
const secretMembers = ['data', 'stringData'] as const;

/** Holds the whole Secret again, values and all, when it was made by `kubectl apply`. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const mask = '***';

/**
 * Both manifests with the values of Secrets masked so that a change still shows, as `kubectl diff` does: `***` where
 * the two are equal or only one exists, else `*** (before)` and `*** (after)`. No hash and no length of a value is left.
 *
 * Pass undefined for a side that does not exist. Manifests of other kinds come back as they are.
 */
export function maskSecrets<Before extends Manifest | undefined, After extends Manifest | undefined>(
  before: Before,
  after: After,
): [Before, After] {
  return [maskSide(before, after, '(before)') as Before, maskSide(after, before, '(after)') as After];
}

function maskSide(manifest: Manifest | undefined, other: Manifest | undefined, side: string): Manifest | undefined {
  if (manifest === undefined || !isSecret(manifest)) return manifest;
  const masked: Record<string, unknown> = { ...manifest };
  for (const member of secretMembers) {
    if (Object.hasOwn(manifest, member)) masked[member] = maskValues(manifest[member], other?.[member], side);
  }
  const applied = manifest.metadata.annotations?.[lastApplied];
  if (applied !== undefined) {
    const value = maskValue(applied, other?.metadata.annotations?.[lastApplied], side);
    masked['metadata'] = {
      ...manifest.metadata,
      annotations: { ...manifest.metadata.annotations, [lastApplied]: value },
    };
  }
  return masked as unknown as Manifest;
}

function isSecret({ apiVersion, kind }: Manifest): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}

function maskValues(values: unknown, others: unknown, side: string): unknown {
  if (!isObject(values)) return values === null ? null : mask;
  const masked = Object.entries(values).map(([name, value]) => {
    return [name, maskValue(value, isObject(others) ? own(others, name) : undefined, side)];
  });
  return Object.fromEntries(masked);
}

function maskValue(value: unknown, other: unknown, side: string): string {
  return other === undefined || other === value ? mask : `${mask} ${side}`;
}
