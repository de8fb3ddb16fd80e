import {
  parseManifest,
  stringifyExactly,
  type ArchiveHeader,
  type Backup,
  type Encryption,
  type IndexEntry,
  type Manifest,
} from '@infrabackup/core';
import { formatResourceSet } from '../spec/format-resource-set.ts';
import { packTar } from './pack-tar.ts';
import { filtersPath } from './rancher-path.ts';

/** What Rancher's operator takes off an object before it stores it. */
const leftOut = new Set([
  ...['uid', 'creationTimestamp', 'deletionTimestamp', 'selfLink', 'resourceVersion', 'deletionGracePeriodSeconds'],
]);

/** The file name by which Rancher's operator finds an archive: whose, of which cluster, and when. */
export function rancherFileName({ name, cluster, startedAt }: ArchiveHeader, isEncrypted: boolean): string {
  const uid = cluster.uid ?? '00000000-0000-0000-0000-000000000000';
  return `${name}-${uid}-${startedAt.replaceAll(':', '-')}.tar.gz${isEncrypted ? '.enc' : ''}`;
}

/**
 * The objects of a backup as an archive of Rancher's operator, as a stream; those that `encryption` seals are
 * encrypted. Its ResourceSet is there where the backup was made by one: by any other its restore, which deletes what a
 * set selects and the archive lacks, would delete what nobody meant.
 *
 * Throws KEY_MISSING and KEY_WRONG for objects that are locked, and what `Backup.readMany` throws.
 *
 * Source: https://github.com/rancher/backup-restore-operator/blob/main/pkg/resourcesets/collector.go
 */
export function rancherArchive(backup: Backup, encryption: Encryption | undefined): AsyncIterable<Buffer> {
  return packTar(backup.header.startedAt, async (put) => {
    const set = resourceSetOf(backup.header);
    if (set !== undefined) await put(filtersPath, JSON.stringify(set));
    for await (const { entry, bytes } of backup.readMany(backup.entries())) {
      const manifest = parseManifest(bytes);
      const json = Buffer.from(stringifyExactly(stripped(manifest)));
      await put(pathOf(entry, manifest), encryption?.sealerOf(entry.type)?.seal(json, entry) ?? json);
    }
  });
}

function resourceSetOf({ selection, name }: ArchiveHeader): object | undefined {
  const isSet = selection.exact === true && selection.rules.every(({ apiVersion }) => apiVersion !== undefined);
  if (!isSet) return undefined;
  const spec = { name: selection.preset ?? name, dialect: 'resource-set', selection, labels: {}, notes: [] } as const;
  return formatResourceSet(spec, undefined).documents[0];
}

function stripped(manifest: Manifest): Manifest {
  const metadata = Object.entries(manifest.metadata).filter(([member]) => !leftOut.has(member));
  return { ...manifest, metadata: Object.fromEntries(metadata) as unknown as Manifest['metadata'] };
}

function pathOf({ type, namespace, name }: IndexEntry, { apiVersion }: Manifest): string {
  const [plural = '', ...group] = type.split('.');
  const version = apiVersion.split('/').at(-1)!;
  return [
    `${plural}.${group.join('.')}#${version}`,
    ...(namespace === undefined ? [] : [namespace]),
    `${name}.json`,
  ].join('/');
}
