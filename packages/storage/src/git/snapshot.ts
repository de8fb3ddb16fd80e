import { backupNameOfSummary } from '@infrabackup/core';
import type { StoreEntry } from '@infrabackup/core';
import { textBlobId } from './fast-import.ts';
import { isDamage } from './git-error.ts';
import { isGitKey } from './git-key.ts';
import type { LocalClone } from './local-clone.ts';
import { folderOf, type Change, type Files } from './plan-commit.ts';
import { parseValueTable, valueTableName, type ValueTable } from './value-table.ts';

/** What a branch held at one time. */
export interface Snapshot {
  readonly branch: string;
  /** Undefined: there was no such branch yet. */
  readonly commit: string | undefined;
  /** What lies below the location's path. */
  readonly files: Files;
}

/** Reads what branches held. A clone that turns out to be damaged is made anew on the way. */
export class SnapshotReader {
  readonly #clone: LocalClone;
  /** By the blobs that hold them. */
  readonly #tables = new Map<string, ValueTable>();

  constructor(clone: LocalClone) {
    this.#clone = clone;
  }

  /** A blob's bytes from an offset on. */
  async *blob(snapshot: Snapshot, id: string, offset: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    const begin = async (): Promise<{ first: IteratorResult<Buffer>; rest: AsyncGenerator<Buffer> }> => {
      const rest = this.#clone.blob(id, signal);
      return { first: await rest.next(), rest };
    };
    const { first, rest } = await this.mended(snapshot, signal, begin);
    let skip = offset;
    const part = (chunk: Buffer): Buffer => {
      const wanted = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - wanted.length;
      return wanted;
    };
    if (first.done === true) return;
    try {
      yield part(first.value);
      for await (const chunk of rest) yield part(chunk);
    } finally {
      await rest.return(undefined);
    }
  }

  /** Fetches what is likely to be read next: where one summary is read all are. */
  async prefetch(snapshot: Snapshot, key: string, signal: AbortSignal | undefined): Promise<void> {
    const { commit, files } = snapshot;
    if (commit === undefined || backupNameOfSummary(key) === undefined) return;
    const ids = [...files].flatMap(([path, id]) => (backupNameOfSummary(path) === undefined ? [] : [id]));
    await this.mended(snapshot, signal, () => this.#clone.fetchBlobs(commit, ids, signal));
  }

  /** Texts of small blobs, by their ids. */
  async texts(
    snapshot: Snapshot,
    ids: Iterable<string>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, string>> {
    const { commit } = snapshot;
    if (commit === undefined) return new Map();
    return this.mended(snapshot, signal, () => this.#clone.texts(commit, ids, signal));
  }

  /** The tables of the folders that have one. */
  async tables(
    snapshot: Snapshot,
    folders: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, ValueTable>> {
    const ids = folders.flatMap((folder): [string, string][] => {
      const id = snapshot.files.get(`${folder}${valueTableName}`);
      return id === undefined ? [] : [[folder, id]];
    });
    const unknown = ids.map(([, id]) => id).filter((id) => !this.#tables.has(id));
    for (const [id, text] of await this.texts(snapshot, unknown, signal)) this.#tables.set(id, parseValueTable(text));
    return new Map(ids.map(([folder, id]) => [folder, this.#tables.get(id)!]));
  }

  /** Takes note of the tables that a commit has written. */
  learn(changes: ReadonlyMap<string, Change>): void {
    for (const [path, change] of changes) {
      if (change === undefined || !('text' in change) || !path.endsWith(valueTableName)) continue;
      this.#tables.set(textBlobId(change.text), parseValueTable(change.text));
    }
  }

  /** The values below a prefix, in the order of their keys. */
  async entries(snapshot: Snapshot, prefix: string, signal: AbortSignal | undefined): Promise<readonly StoreEntry[]> {
    const keys = keysBelow(snapshot.files, prefix);
    const tables = await this.tables(snapshot, [...new Set(keys.map(folderOf))], signal);
    const found = keys.map((key) => {
      const id = snapshot.files.get(key)!;
      const row = tables.get(folderOf(key))?.get(key.slice(folderOf(key).length));
      return { key, id, row: row?.id === id ? row : undefined };
    });
    const others = found.flatMap(({ id, row }) => (row === undefined ? [id] : []));
    const sizes = await this.mended(snapshot, signal, () => this.#clone.sizes(others, signal));
    return found.map(({ key, id, row }) => ({
      key,
      sizeBytes: row?.sizeBytes ?? sizes.get(id) ?? 0,
      modifiedMs: row?.modifiedMs ?? 0,
    }));
  }

  /** Does what reads from the clone, and again with a new one where it is damaged. */
  async mended<T>(
    { branch, commit }: Pick<Snapshot, 'branch' | 'commit'>,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Whoever holds the lock sees to it when that is given back.
      if (!isDamage(error) || this.#clone.isHeld) throw error;
      await this.#clone.remake(branch, commit, signal);
      return work();
    }
  }
}

/** The keys of values below a prefix, in their order. */
export function keysBelow(files: Files, prefix: string): readonly string[] {
  return [...files.keys()].filter((path) => path.startsWith(prefix) && isGitKey(path)).sort();
}
