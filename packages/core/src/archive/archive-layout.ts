import { AppError } from '../errors/app-error.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';

/** The archive's first entry: the version of the layout that is shared with Velero. */
export const versionPath = 'metadata/version';
/** Source: https://velero.io/docs/main/output-file-format/ */
export const veleroFormatVersion = '1.1.0';
/** The archive's last entry but one: what the archive says about itself. */
export const headerPath = 'metadata/infrabackup/backup.json';
/** The archive's last entry. */
export const indexPath = 'metadata/infrabackup/index.jsonl';

/**
 * How much of the tar a gzip member holds at most; an entry that is longer is a member of its own.
 *
 * Small enough that one object costs little to read, large enough to compress within 1% of one stream.
 */
export const memberContentBytes = 1 << 18;

/** The most entries that such a member holds: the shortest takes a block for its header and one for its content. */
export const memberEntries = memberContentBytes / 1024;

/** The longest object that a backup holds. The API server takes none beyond 3 MiB, which JSON may make 6 times as long. */
export const objectLimitBytes = 1 << 26;

/** How long the lines of an index block are together, unless one line alone is longer: compressed it is under 64 KiB. */
export const blockLineBytes = 60_000;

/** What a reader takes of an index block: one object may have thousands of owners. */
export const blockLimitBytes = 1 << 24;

/** What a reader takes of the archive's own description, packed or not: the directory of 80 million objects. */
export const headerLimitBytes = 1 << 26;

/** Where the object's JSON lies in the tar. Throws CLUSTER_PROTOCOL for a name that no Kubernetes object can have. */
export function objectPath(ref: ObjectRef): string {
  const { type, namespace, name } = ref;
  if (!isPathSegment(name) || (namespace !== undefined && !isPathSegment(namespace))) {
    throw new AppError('CLUSTER_PROTOCOL', `${JSON.stringify(formatRef(ref))} is no name that an object can have`);
  }
  return `resources/${type}/${namespace === undefined ? 'cluster' : `namespaces/${namespace}`}/${name}.json`;
}

/**
 * Whether the text can be one step of a path, as every name of an object is.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names
 */
export function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && name !== '' && !/[/%\0]/.test(name);
}
