import type { ForeignPlace } from './foreign-object.ts';

/** The file in which Rancher's operator keeps the ResourceSet of a backup; archives made by hand lack it. */
export const filtersPath = 'filters/filters.json';

/**
 * Where a file of an archive of Rancher's operator puts an object: `deployments.apps#v1/shop/web.json`, in the core
 * group `secrets.#v1/shop/password.json`. `skipped` for other files of `filters/`; undefined for what it does not write.
 *
 * Source: https://github.com/rancher/backup-restore-operator/blob/main/pkg/controllers/restore/download.go
 */
export function parseRancherPath(path: string): ForeignPlace | 'skipped' | undefined {
  const [type = '', ...rest] = path.split('/');
  if (type === 'filters' && rest.length > 0) return 'skipped';
  const { plural, group } = /^(?<plural>[a-z0-9]+)\.(?<group>[a-z0-9.-]*)#v[a-z0-9]+$/.exec(type)?.groups ?? {};
  const file = rest.at(-1) ?? '';
  if (plural === undefined || group === undefined || rest.length > 2 || !/.\.json$/.test(file)) return undefined;
  return {
    ...{ group, plural, name: file.slice(0, -'.json'.length) },
    ...(rest.length === 2 && { namespace: rest[0]! }),
  };
}

/** What the file name of a backup of Rancher's says: whose, of which cluster, and when. */
export function parseRancherName(
  fileName: string,
): { readonly name: string; readonly clusterUid: string; readonly takenAt: string } | undefined {
  const found =
    /^(?<name>.+)-(?<uid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?<date>\d{4}-\d\d-\d\d)T(?<h>\d\d)[-#](?<m>\d\d)[-#](?<s>\d\d)(?<zone>Z|[+-]\d\d[-#]\d\d)\.tar\.gz(?:\.enc)?$/.exec(
      fileName,
    )?.groups;
  if (found === undefined) return undefined;
  const { name = '', uid = '', date, h, m, s, zone = 'Z' } = found;
  const taken = new Date(`${date}T${h}:${m}:${s}${zone.replace(/(\d\d)[-#](\d\d)$/, '$1:$2')}`);
  if (Number.isNaN(taken.getTime())) return undefined;
  return { name, clusterUid: uid, takenAt: `${taken.toISOString().slice(0, 19)}Z` };
}
