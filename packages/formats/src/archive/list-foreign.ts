import { backupFiles, concurrently, isAppError, type Store } from '@infrabackup/core';
import type { ForeignHead } from './adopt-objects.ts';
import { isOurs } from './is-ours.ts';
import { parseRancherName } from './rancher-path.ts';
import { parseVeleroHead } from './velero-head.ts';

/** A backup of another tool as a list shows it, for which its archive is not read. */
export interface ListedForeign {
  /** By which it is found: a name for Velero's, the file name for Rancher's. */
  readonly name: string;
  readonly tool: 'Velero' | 'Rancher';
  /** Objects in it, as the tool counts; undefined where it does not say. */
  readonly objects: number | undefined;
  /** What is said of it outside of its archive. */
  readonly head: ForeignHead;
}

/** Descriptions read at a time. */
const concurrency = 8;

/** What may be other tools': names under `backups/` that no backup of ours has, and names at the location's root. */
export interface MaybeForeign {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * What of these is other tools': first the folders that hold what Velero has made to its end, then the files that are
 * called as Rancher's operator calls its archives, each in the order given. Costs two requests for a folder.
 */
export async function listForeign(
  store: Store,
  { folders, files }: MaybeForeign,
  signal?: AbortSignal,
): Promise<readonly ListedForeign[]> {
  const velero = new Array<ListedForeign | undefined>(folders.length);
  await concurrently(
    folders.entries(),
    concurrency,
    async ([i, name]) => {
      velero[i] = await readVelero(store, name, signal);
    },
    signal,
  );
  return [...velero.filter((listed) => listed !== undefined), ...files.flatMap(rancherOf)];
}

/** Undefined for none of Velero's, one that is not made yet, and one that cannot be read. */
async function readVelero(
  store: Store,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ListedForeign | undefined> {
  const files = backupFiles(name);
  try {
    const text = (await store.read(files.velero, undefined, signal)).toString();
    if (await isOurs(store, files, signal)) return undefined;
    const velero = parseVeleroHead(text, name);
    return { name, tool: 'Velero', objects: velero.objects, head: velero.head() };
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_FOUND', 'BACKUP_NOT_FOUND', 'BACKUP_DAMAGED')) return undefined;
    throw error;
  }
}

/** The name says it all; none for a file that is called otherwise. */
function rancherOf(fileName: string): readonly ListedForeign[] {
  const named = parseRancherName(fileName);
  if (named === undefined) return [];
  const { clusterUid: uid, takenAt: startedAt } = named;
  const head: ForeignHead = {
    ...{ name: fileName, tool: "Rancher's backup operator", startedAt, labels: {} },
    cluster: { uid, version: 'unknown', server: '' },
    selection: { preset: 'other', rules: [{}] },
  };
  return [{ name: fileName, tool: 'Rancher', objects: undefined, head }];
}
