import { gzipSync } from 'node:zlib';
import {
  formatInstant,
  parseManifest,
  veleroBackup,
  writeUnderClaim,
  type Backup,
  type BackupWriter,
  type HeldClaim,
  type IndexEntry,
  type Store,
} from '@infrabackup/core';
import { packTar } from './pack-tar.ts';

/** How a backup is written for Velero. */
export interface WriteVeleroOptions {
  readonly writer: BackupWriter;
  /** What the backup lacks, and what is worth attention, in words: Velero shows them as errors and warnings of its own. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly report?: (count: number) => void;
}

/**
 * Writes the objects of a backup as Velero itself would have: each also under its version, the list of what is in it, a
 * log, and nothing that is ours. Returns how many. All objects lie there in clear; in memory stay their names.
 *
 * Velero sees the backup when its last file is there, `velero-backup.json`. An error leaves nothing behind. Throws
 * BACKUP_EXISTS and BACKUP_CLAIMED where the name is taken, KEY_MISSING and KEY_WRONG for objects that are locked.
 *
 * Source: https://github.com/velero-io/velero/blob/main/pkg/persistence/object_store_layout.go
 */
export async function writeVelero(
  backup: Backup,
  store: Store,
  name: string,
  options: WriteVeleroOptions,
): Promise<number> {
  const { writer, signal } = options;
  return writeUnderClaim(store, name, { writer, signal }, (held) => writeFiles(backup, store, held, options));
}

async function writeFiles(
  backup: Backup,
  store: Store,
  { name, files, key: claim }: HeldClaim,
  { writer, errors, warnings, signal, report }: WriteVeleroOptions,
): Promise<number> {
  const { header } = backup;
  const listed = new Map<string, string[]>();
  let count = 0;
  const tar = packTar(header.startedAt, async (put) => {
    await put('metadata/version', '1.1.0\n');
    for await (const { entry, bytes } of backup.readMany(backup.entries())) {
      const { apiVersion, kind } = parseManifest(bytes);
      const place = placeOf(entry);
      const version = apiVersion.split('/').at(-1)!;
      await put(`resources/${entry.type}/${place}.json`, bytes);
      await put(`resources/${entry.type}/${version}-preferredversion/${place}.json`, bytes);
      const ofKind = listed.get(`${apiVersion}/${kind}`) ?? [];
      listed.set(`${apiVersion}/${kind}`, ofKind);
      ofKind.push(entry.namespace === undefined ? entry.name : `${entry.namespace}/${entry.name}`);
      count++;
      report?.(count);
    }
  });
  await store.create(files.archive, tar, signal);
  const completedAt = formatInstant(writer.clock.now());
  const beside = {
    'podvolumebackups.json.gz': [],
    'volumesnapshots.json.gz': [],
    'itemoperations.json.gz': [],
    'volumeinfo.json.gz': [],
    'resource-list.json.gz': Object.fromEntries([...listed].map(([kind, names]) => [kind, names.sort()])),
    'results.gz': { errors: resultOf(errors), warnings: resultOf(warnings) },
  };
  for (const [file, content] of Object.entries(beside)) {
    await store.create(`${files.folder}${name}-${file}`, gzipSync(JSON.stringify(content)), signal);
  }
  const said = `Written from the backup ${header.name} of ${header.tool}, taken at ${header.startedAt}`;
  const log = `time=${JSON.stringify(completedAt)} level=info msg=${JSON.stringify(said)}\n`;
  await store.create(`${files.folder}${name}-logs.gz`, gzipSync(log), signal);
  // What lies under a claim is ours. From here on the folder is as Velero leaves one, but for the file that makes it a backup.
  await store.remove(claim, signal);
  const head = veleroBackup({ ...header, name, completedAt }, 'with-versions');
  await store.create(files.velero, Buffer.from(head), signal);
  return count;
}

function placeOf({ namespace, name }: IndexEntry): string {
  return namespace === undefined ? `cluster/${name}` : `namespaces/${namespace}/${name}`;
}

/** As Velero tells errors that are of no one namespace. */
function resultOf(messages: readonly string[]): object {
  return messages.length === 0 ? {} : { velero: messages };
}
