import type { ResourceType } from '@infrabackup/core';

/**
 * Where a type's objects live, or one of them.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
export function resourcePath(
  type: Pick<ResourceType, 'group' | 'version' | 'plural'>,
  namespace: string | undefined,
  name?: string,
): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${type.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** The query of the members that are there, with its question mark. */
export function query(members: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')}`;
}
