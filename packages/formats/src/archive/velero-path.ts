import type { ForeignPlace } from './foreign-object.ts';

/**
 * Where a file of a Velero tarball puts an object; `skipped` for those that no restore of Velero's reads either: what it
 * says of itself, and the twins by version. Undefined for what Velero does not write.
 *
 * Source: https://velero.io/docs/main/output-file-format/
 */
export function parseVeleroPath(path: string): ForeignPlace | 'skipped' | undefined {
  const steps = path.split('/');
  const [root, type = '', scope, ...rest] = steps;
  if (root === 'metadata' && steps.length > 1) return 'skipped';
  if (root !== 'resources' || !/^[a-z0-9]+(\.[a-z0-9.-]+)?$/.test(type)) return undefined;
  if (scope !== 'cluster' && scope !== 'namespaces') return isVersionTwin(rest, scope) ? 'skipped' : undefined;
  const [plural = '', ...group] = type.split('.');
  const place = { group: group.join('.'), plural };
  if (scope === 'cluster') return rest.length === 1 ? named(place, undefined, rest[0]) : undefined;
  return rest.length === 2 ? named(place, rest[0], rest[1]) : undefined;
}

/** `resources/deployments.apps/v1-preferredversion/namespaces/shop/web.json`: the same object once more, or its like. */
function isVersionTwin(rest: readonly string[], scope: string | undefined): boolean {
  return (
    /^v[0-9][a-z0-9]*(-preferredversion)?$/.test(scope ?? '') &&
    ((rest[0] === 'cluster' && rest.length === 2) || (rest[0] === 'namespaces' && rest.length === 3))
  );
}

function named(
  type: Pick<ForeignPlace, 'group' | 'plural'>,
  namespace: string | undefined,
  file = '',
): ForeignPlace | undefined {
  if (!file.endsWith('.json') || file.length === '.json'.length) return undefined;
  return { ...type, ...(namespace !== undefined && { namespace }), name: file.slice(0, -'.json'.length) };
}
