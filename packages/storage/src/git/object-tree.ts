import { load } from 'js-yaml';
import {
  declaredPath,
  declaredYaml,
  isAppError,
  rawObject,
  renderYaml,
  selectStored,
  typeName,
  type Backup,
  type BackupSummary,
  type IndexEntry,
  type ResourceType,
  type StoredSelection,
} from '@infrabackup/core';
import { textBlobId, type BlobBody } from './fast-import.ts';
import { objectsFolder } from './git-key.ts';
import type { Files } from './plan-commit.ts';

/** Reads texts of the branch, by the ids of their blobs. */
export type ReadTexts = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * A backup's objects as files of YAML, one each: those that the branch does not have just so are yielded, and all are put
 * into `files`. The same objects make the same files, whatever the backup.
 *
 * What is encrypted stays so. As long as its content is the same the file stays as it is, though the backup has it
 * under another nonce. Age has new keys in each backup, so of objects for its recipients only the name is there.
 */
export async function* changedObjects(
  backup: Backup & { readonly summary: BackupSummary },
  base: Files,
  readTexts: ReadTexts,
  files: Map<string, string>,
): AsyncGenerator<BlobBody> {
  const kinds = new Map(backup.header.types.map((type) => [typeName(type), type]));
  const sealed = [...base].filter(([path]) => backup.lock.isEncrypted(refOf(path)?.type ?? ''));
  const old = await readTexts(sealed.map(([, id]) => id));
  for await (const { entry, bytes } of backup.readManySealed(backup.entries())) {
    const path = `${objectsFolder}${declaredPath(entry)}`;
    const before = base.get(path);
    let text: string;
    if (!backup.lock.isEncrypted(entry.type)) text = declaredYaml(bytes);
    else if (backup.summary.encryption?.age !== undefined) text = envelope(entry, kinds.get(entry.type)!, {});
    else {
      const kept = before === undefined ? undefined : old.get(before);
      const isSame = kept !== undefined && entry.content !== undefined && contentOf(kept) === entry.content;
      const { content } = entry;
      const body = JSON.parse(bytes.toString()) as unknown;
      text = isSame
        ? kept
        : envelope(entry, kinds.get(entry.type)!, { ...(content !== undefined && { content }), body });
    }
    const id = textBlobId(text);
    files.set(path, id);
    if (before !== id) yield bodyOf(text);
  }
}

/**
 * The files of the branch whose objects the backup looked for and did not find. What it did not ask for, or could not
 * read, stays.
 */
export async function goneObjects(
  { selection, shortfalls, types }: BackupSummary,
  base: Files,
  files: Files,
  readTexts: ReadTexts,
): Promise<readonly string[]> {
  const absent = [...base].flatMap(([path, id]) => {
    const ref = files.has(path) ? undefined : refOf(path);
    return ref === undefined || isUnread(ref, shortfalls) ? [] : [{ path, id, ref }];
  });
  if (absent.length === 0) return [];
  let stored: StoredSelection;
  try {
    stored = selectStored(selection, [{ types: withTypesOf(absent, types) }]);
  } catch (error) {
    if (isAppError(error)) return [];
    throw error;
  }
  const meant = absent.filter(({ ref }) => stored.includes(ref));
  const asked = meant.filter(({ ref }) => stored.asksLabels(ref.type));
  const texts = await readTexts(asked.map(({ id }) => id));
  const isMeant = ({ id, ref }: (typeof meant)[number]): boolean => {
    if (!stored.asksLabels(ref.type)) return true;
    return stored.matches(ref.type, rawObject(Buffer.from(JSON.stringify(load(texts.get(id) ?? 'null')))));
  };
  return meant.filter(isMeant).map(({ path }) => path);
}

/** What a commit says of a backup, after its title. */
export function describeForLog({ cluster, types, revision, startedAt, digest, tool }: BackupSummary): string {
  const objects = types.reduce((sum, { count }) => sum + count, 0);
  return [
    `${objects} objects of ${cluster.server}${cluster.uid === undefined ? '' : `, cluster ${cluster.uid}`}`,
    `as of ${startedAt}${revision === undefined ? '' : `, revision ${revision}`}`,
    `${digest}, ${tool}`,
  ].join('\n');
}

interface FileRef {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
}

function refOf(path: string): FileRef | undefined {
  const [, namespace, type, name] = /^objects\/([^/]+)\/([^/]+)\/(.+)\.yaml$/s.exec(path) ?? [];
  if (name === undefined) return undefined;
  return { type: type!, name, ...(namespace !== 'cluster' && { namespace: namespace! }) };
}

function isUnread({ type, namespace }: FileRef, shortfalls: BackupSummary['shortfalls']): boolean {
  const group = type.split('.').slice(1).join('.');
  return shortfalls.some((shortfall) => {
    if (shortfall.kind === 'undiscovered') return shortfall.groupVersion.startsWith(`${group}/`);
    if (shortfall.kind !== 'unlisted' || shortfall.type !== type) return false;
    return shortfall.namespace === undefined || shortfall.namespace === namespace;
  });
}

/** The backup's types and namespaces, and those of files that it has nothing of any more: a definition may be gone. */
function withTypesOf(
  absent: readonly { readonly ref: FileRef }[],
  types: BackupSummary['types'],
): BackupSummary['types'] {
  const byType = Map.groupBy(absent, ({ ref }) => ref.type);
  const known = types.map((type) => {
    const namespaces = (byType.get(typeName(type)) ?? []).map(({ ref }) => [ref.namespace ?? '', 0] as const);
    return { ...type, namespaces: { ...Object.fromEntries(type.namespaced ? namespaces : []), ...type.namespaces } };
  });
  const names = new Set(types.map(typeName));
  const unknown = [...byType].flatMap(([name, [first]]): BackupSummary['types'] =>
    names.has(name) ? [] : [{ ...typeOfName(name, first!.ref.namespace !== undefined), ...nothing }],
  );
  return [...known, ...unknown];
}

const nothing = { count: 0, sizeBytes: 0, namespaces: {} };

/** As much of a type as its name tells. */
function typeOfName(name: string, namespaced: boolean): ResourceType {
  const [plural = '', ...group] = name.split('.');
  const unknown = { version: '', kind: plural, singular: '', shortNames: [], categories: [], servedVersions: [] };
  return { ...unknown, group: group.join('.'), plural, namespaced, verbs: ['list'], subresources: [] };
}

function envelope({ name, namespace }: IndexEntry, { group, version, kind }: ResourceType, encrypted: object): string {
  return renderYaml({
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    encrypted: Object.keys(encrypted).length === 0 ? 'for age recipients; it lies in the backup alone' : encrypted,
  });
}

function contentOf(text: string): string | undefined {
  const { encrypted } = load(text) as { encrypted?: { content?: string } };
  return encrypted?.content;
}

function bodyOf(text: string): BlobBody {
  const bytes = Buffer.from(text);
  return {
    sizeBytes: bytes.length,
    chunks: async function* () {
      await Promise.resolve();
      yield bytes;
    },
  };
}
