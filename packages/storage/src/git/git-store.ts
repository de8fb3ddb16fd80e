import { checkPrefix, isAppError, throwIfCancelled } from '@infrabackup/core';
import type { ByteRange, Store, StoreBatch, StoreBody, StoreCapabilities, StoreEntry } from '@infrabackup/core';
import { noSuchValue, storeFailure, type Attempt } from '../store-failure.ts';
import { GitBatch } from './git-batch.ts';
import { isDamage, meaningOfGit } from './git-error.ts';
import { checkGitKey } from './git-key.ts';
import type { LocalClone } from './local-clone.ts';
import { folderOf } from './plan-commit.ts';
import { pushWrites } from './push-writes.ts';
import { keysBelow, SnapshotReader, type Snapshot } from './snapshot.ts';

/** What a location in a repository is made of. */
export interface GitStoreOptions {
  readonly uri: string;
  readonly clone: LocalClone;
  /** Undefined: the repository's default one. */
  readonly branch: string | undefined;
  /** The folder of the repository; empty, or ending in a slash. */
  readonly path: string;
}

/**
 * A branch of a git repository as a Store: each write, or each batch of them, is a commit that is pushed. Where a batch
 * brings a backup, the commit also brings the readable tree of its objects up to date.
 *
 * Listings, and what was not seen before, are asked of the repository each time. What a reader has seen it reads as it
 * was then, until it lists again: the values of backups do not change.
 */
export class GitStore implements Store {
  readonly uri: string;
  /** A part of a value takes the whole to be fetched. */
  readonly capabilities: StoreCapabilities = { conditionalCreate: true, rangedRead: false, keepsRemoved: true };
  readonly #clone: LocalClone;
  readonly #reader: SnapshotReader;
  readonly #branch: string | undefined;
  readonly #path: string;
  #latest: Snapshot | undefined;
  #asking: Promise<Snapshot> | undefined;
  /** Counts own pushes: what was asked before one is no news after it. */
  #pushes = 0;

  constructor({ uri, clone, branch, path }: GitStoreOptions) {
    this.uri = uri;
    this.#clone = clone;
    this.#reader = new SnapshotReader(clone);
    this.#branch = branch;
    this.#path = path;
  }

  async create(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    await this.#write('Write', key, signal, (batch) => batch.create(key, body, signal));
  }

  async replace(key: string, body: StoreBody, signal?: AbortSignal): Promise<void> {
    await this.#write('Write', key, signal, (batch) => batch.replace(key, body, signal));
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    await this.#write('Remove', key, signal, (batch) => batch.remove(key, signal));
  }

  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
    const bytes = Buffer.concat(await Array.fromAsync(this.stream(key, range?.offset, signal)));
    return range === undefined ? bytes : bytes.subarray(0, range.length);
  }

  async *stream(key: string, offset = 0, signal?: AbortSignal): AsyncGenerator<Buffer> {
    checkGitKey(key);
    throwIfCancelled(signal);
    const known = this.#latest?.files.has(key) === true ? this.#latest : await this.#look('read', key, signal);
    yield* this.#streamOf(known, key, offset, signal);
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoreEntry | undefined> {
    checkGitKey(key);
    const snapshot = await this.#look('look up', key, signal);
    if (!snapshot.files.has(key)) return undefined;
    return (await this.#entriesOf(snapshot, folderOf(key), signal)).find((entry) => entry.key === key);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoreEntry> {
    checkPrefix(prefix);
    for (const entry of await this.#entriesOf(await this.#look('list', prefix, signal), prefix, signal)) {
      throwIfCancelled(signal);
      yield entry;
    }
  }

  async *listNames(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(prefix);
    const { files } = await this.#look('list', prefix, signal);
    yield* new Set(keysBelow(files, prefix).map((key) => key.slice(prefix.length).split('/', 1)[0]!));
  }

  async begin(title: string, signal?: AbortSignal): Promise<StoreBatch> {
    return this.#begin(title, false, '', signal);
  }

  /** A commit of one write. */
  async #write(
    deed: 'Write' | 'Remove',
    key: string,
    signal: AbortSignal | undefined,
    write: (batch: StoreBatch) => Promise<void>,
  ): Promise<void> {
    checkGitKey(key);
    await using batch = await this.#begin(`${deed} ${key}`, true, key, signal);
    await write(batch);
    await batch.commit(signal);
  }

  async #begin(title: string, overwrites: boolean, key: string, signal: AbortSignal | undefined): Promise<GitBatch> {
    const base = await this.#look('write', key, signal);
    const committer = await this.#guarded('write', key, signal, () => this.#clone.committer(signal));
    return new GitBatch({
      uri: this.uri,
      files: base.files,
      entries: (prefix, inner) => this.#entriesOf(base, prefix, inner),
      stream: (name, offset, inner) => this.#streamOf(base, name, offset, inner),
      beganMs: Number(/ (\d+) [+-]\d+$/.exec(committer)![1]) * 1_000,
      commit: async (batch, inner) => {
        const { uri } = this;
        const context = { uri, clone: this.#clone, reader: this.#reader, path: this.#path, signal: inner };
        const latest = (): Snapshot => this.#latest ?? base;
        const look = (): Promise<Snapshot> => this.#ask(inner, true);
        const onPushed = (snapshot: Snapshot): void => {
          this.#latest = snapshot;
          this.#pushes++;
        };
        const push = (from: Snapshot): Promise<void> =>
          pushWrites({ batch, title, overwrites, base: from }, { ...context, latest, look, onPushed });
        await this.#guarded('write', key, inner, async () => {
          try {
            await push(base);
          } catch (error) {
            if (!isDamage(error)) throw error;
            await this.#clone.remake(base.branch, base.commit, inner);
            this.#latest = undefined;
            await push(await this.#ask(inner, false));
          }
        });
      },
    });
  }

  async *#streamOf(
    snapshot: Snapshot,
    key: string,
    offset: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    const id = snapshot.files.get(key);
    if (id === undefined) throw noSuchValue(this.uri, key);
    try {
      await this.#reader.prefetch(snapshot, key, signal);
      for await (const chunk of this.#reader.blob(snapshot, id, offset, signal)) {
        throwIfCancelled(signal);
        if (chunk.length > 0) yield chunk;
      }
      throwIfCancelled(signal);
    } catch (error) {
      throw storeFailure(error, { uri: this.uri, verb: 'read', key, signal }, meaningOfGit);
    }
  }

  #entriesOf(snapshot: Snapshot, prefix: string, signal: AbortSignal | undefined): Promise<readonly StoreEntry[]> {
    return this.#guarded('list', prefix, signal, () => this.#reader.entries(snapshot, prefix, signal));
  }

  /** What the branch holds now; whoever asks meanwhile shares the answer. */
  async #look(verb: Attempt['verb'], key: string, signal: AbortSignal | undefined): Promise<Snapshot> {
    return this.#guarded(verb, key, signal, async () => {
      for (;;) {
        throwIfCancelled(signal);
        const pushes = this.#pushes;
        try {
          const found = await (this.#asking ??= this.#ask(signal, false).finally(() => (this.#asking = undefined)));
          if (pushes === this.#pushes) return (this.#latest = found);
          if (this.#latest !== undefined) return this.#latest;
        } catch (error) {
          // The one whose question it was has given up, not this one.
          if (!isAppError(error, 'CANCELLED')) throw error;
        }
      }
    });
  }

  async #ask(signal: AbortSignal | undefined, isLocked: boolean): Promise<Snapshot> {
    const unknown = { branch: '', commit: undefined };
    const { branch, commit } = await this.#reader.mended(unknown, signal, () => this.#clone.tip(this.#branch, signal));
    if (commit === undefined) return { branch, commit, files: new Map() };
    if (this.#latest?.commit === commit) return this.#latest;
    const found = await (isLocked
      ? this.#clone.bringLocked(branch, commit, signal)
      : this.#clone.bring(branch, commit, signal));
    const snapshot = { branch, commit: found, files: new Map() };
    return {
      ...snapshot,
      files: await this.#reader.mended(snapshot, signal, () => this.#clone.files(found, this.#path, signal)),
    };
  }

  async #guarded<T>(
    verb: Attempt['verb'],
    key: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    throwIfCancelled(signal);
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, { uri: this.uri, verb, key, signal }, meaningOfGit);
    }
  }
}
