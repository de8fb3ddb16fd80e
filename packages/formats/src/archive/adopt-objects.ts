import {
  bytesDigest,
  contentTableVersion,
  createArchiveWriter,
  describeEncryption,
  encryptionBy,
  formatVersion,
  openArchiveFile,
  rawObject,
  typeName,
  type ArchiveSource,
  type Backup,
  type BackupHeader,
  type EncryptionRule,
  type Keyring,
  type OpenSpool,
  type SegmentWriter,
  type Spool,
  type TypeName,
  type TypeSummary,
} from '@infrabackup/core';
import type { ForeignObject } from './foreign-object.ts';
import { TypeTable } from './type-table.ts';
import { unreadable } from './unreadable.ts';

/** What another tool's backup says about itself. */
export type ForeignHead = Pick<BackupHeader, 'name' | 'tool' | 'startedAt' | 'cluster' | 'selection' | 'labels'> &
  Pick<Partial<BackupHeader>, 'expiresAt'>;

/** How it is read. */
export interface AdoptOptions {
  readonly openSpool: OpenSpool;
  /** What opens encrypted objects, in the other tool's backup and then in this one. */
  readonly keyring?: Keyring | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A backup of another tool, open as one of ours. */
export interface ForeignBackup extends Backup {
  /** Gives back its scratch space, which the end of the process does too. */
  close(): Promise<void>;
}

/**
 * Makes the objects a backup as ours are, in scratch space: then every verb works on it without knowing. `head` is asked
 * when all objects have gone by.
 *
 * What lies encrypted stays so, under its key, also there. Costs one pass over all objects, and their packed size of scratch space; in memory stays their names. Throws
 * BACKUP_DAMAGED for one object that comes twice and differs.
 */
export async function adoptObjects(
  objects: AsyncIterable<ForeignObject>,
  archive: string,
  head: () => ForeignHead,
  { openSpool, keyring, signal }: AdoptOptions,
): Promise<ForeignBackup> {
  const rules: EncryptionRule[] = [];
  const encryption = encryptionBy({ rules, keys: keyring?.keys ?? [] });
  const writer = await createArchiveWriter({ openSpool, encryption, signal });
  try {
    const segments = new Map<TypeName, SegmentWriter>();
    const table = new TypeTable();
    const seen = new Map<string, string>();
    let secretsInClear = 0;
    for await (const object of objects) {
      if (isSeen(object, seen, archive)) continue;
      table.add(object);
      const name = typeName(object);
      const isFirst = !segments.has(name);
      if (isFirst && object.key !== undefined) rules.push({ resources: [name], key: object.key });
      const isSealed = rules.some(({ resources }) => resources.includes(name));
      if (object.key !== undefined && !isSealed) {
        throw unreadable(archive, `${name}/${object.name} is encrypted, and others of its type lie in clear`);
      }
      if (!isSealed && name === 'secrets') secretsInClear++;
      const segment = segments.get(name) ?? writer.segment(object);
      segments.set(name, segment);
      segment.add(rawObject(object.bytes));
      await segment.drain();
    }
    const types: TypeSummary[] = [];
    for (const type of table.types()) types.push({ ...type, ...(await segments.get(typeName(type))!.close()) });
    const header: BackupHeader = {
      ...head(),
      ...{
        format: formatVersion,
        contentTable: contentTableVersion,
        encryption: describeEncryption(
          encryption,
          types.map((type) => ({ ...type, name: typeName(type) })),
        ),
        types,
        shortfalls: [],
      },
      warnings: secretsInClear === 0 ? [] : [{ kind: 'secrets-in-clear', count: secretsInClear }],
    };
    const { archive: finished } = await writer.finish(header);
    const spool = await openSpool();
    for await (const piece of finished.stream()) await spool.append(piece);
    const backup = await openArchiveFile(spoolSource(spool, archive, finished.sizeBytes), keyring);
    return { ...backup, close: () => spool.close() };
  } finally {
    await writer.close();
  }
}

/** Whether the same object was there before; one by its name that differs cannot be meant. */
function isSeen(
  { group, plural, namespace = '', name, bytes }: ForeignObject,
  seen: Map<string, string>,
  archive: string,
): boolean {
  const key = `${plural}.${group}/${namespace}/${name}`;
  const digest = bytesDigest(bytes);
  const before = seen.get(key);
  if (before !== undefined && before !== digest) {
    throw unreadable(
      archive,
      `it holds ${plural}/${name}${namespace === '' ? '' : ` -n ${namespace}`} twice, and they differ`,
    );
  }
  seen.set(key, digest);
  return before !== undefined;
}

function spoolSource(spool: Spool, name: string, sizeBytes: number): ArchiveSource {
  return {
    name,
    sizeBytes,
    read: (offset, length) => spool.read(offset, Math.max(0, Math.min(length, sizeBytes - offset))),
  };
}
