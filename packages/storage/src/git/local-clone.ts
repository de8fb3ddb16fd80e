import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError, throwIfCancelled } from '@infrabackup/core';
import { diskGuard } from '../disk-error.ts';
import { holdLock } from '../lock-file.ts';
import { pauseBeforeRetry } from '../pause-before-retry.ts';
import { importOfBlobs, importOfCommit } from './fast-import.ts';
import type { BlobBody, CommitBody } from './fast-import.ts';
import { Git, settings } from './git-command.ts';
import { isDamage, isPassing } from './git-error.ts';

/** A branch of the repository, and the commit at its tip; undefined where there is no such branch yet. */
export interface Tip {
  readonly branch: string;
  readonly commit: string | undefined;
}

/** Where a clone lies, and what of. */
export interface LocalCloneOptions {
  /** The repository's address, as git takes it. */
  readonly url: string;
  /** The user's cache folder. */
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a repository's branch is called where nobody says, and the repository has none. */
const firstBranch = 'main';
const triesOfRequests = 3;
const lockWaitMs = 600_000;

/**
 * A bare clone of a repository in the user's cache folder, shared by all processes: one commit deep at first, and without
 * files until they are read, where the server can do that. It holds nothing that the repository does not have, so it is
 * made anew whenever something is wrong with it.
 *
 * Methods throw what git throws: `meaningOfGit` tells what it means.
 */
export class LocalClone {
  readonly #url: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #plainGit: Git;
  #networkGit: Promise<Git> | undefined;
  /** The operations of this process that hold the lock, one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  #isHeld = false;

  constructor({ url, cacheFolder, env }: LocalCloneOptions) {
    this.#url = url;
    this.#folder = join(cacheFolder, 'git', createHash('sha256').update(url).digest('hex').slice(0, 32));
    this.#env = env;
    this.#plainGit = new Git(this.#folder, env);
  }

  /** Asks the repository for a branch; for its default one where none is named. Needs no clone. */
  async tip(named: string | undefined, signal: AbortSignal | undefined): Promise<Tip> {
    const wanted = named === undefined ? ['HEAD', `refs/heads/${firstBranch}`] : [`refs/heads/${named}`];
    const text = await this.#retried(signal, async (git) =>
      git.text(['ls-remote', '--symref', '--', this.#url, ...wanted], { signal }),
    );
    const lines = text.split('\n').map((line) => line.split('\t') as [string, string | undefined]);
    const head = lines.find(([value, ref]) => ref === 'HEAD' && value.startsWith('ref: '))?.[0];
    const branch = named ?? head?.slice('ref: refs/heads/'.length) ?? firstBranch;
    const isTip = (ref: string | undefined): boolean =>
      ref === `refs/heads/${branch}` || (named === undefined && head !== undefined && ref === 'HEAD');
    return { branch, commit: lines.find(([value, ref]) => isTip(ref) && !value.startsWith('ref: '))?.[0] };
  }

  /** Has the commit and its folders here; returns the branch's newest commit, which may be a later one by now. */
  async bring(branch: string, commit: string, signal: AbortSignal | undefined): Promise<string> {
    if ((await this.#known(branch)) === commit) return commit;
    return this.locked(signal, () => this.bringLocked(branch, commit, signal));
  }

  /** The blobs below the path (empty, or ending in a slash), by the rest of their paths. */
  async files(commit: string, path: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
    const below = path === '' ? [] : ['--', path];
    const listing = await this.#plainGit.text(['ls-tree', '-r', '-z', '--full-tree', commit, ...below], { signal });
    const files = new Map<string, string>();
    for (const line of listing.split('\0')) {
      const [, id, name] = /^100[0-7]{3} blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      if (name !== undefined) files.set(name.slice(path.length), id!);
    }
    return files;
  }

  /** A blob's bytes as they come; fetched first, whole, when it is not here yet. */
  async *blob(id: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    yield* (await this.#network()).stream(['cat-file', 'blob', id], { signal });
  }

  /** The texts of small blobs of a commit, by id; what is not here yet is fetched in one request. */
  async texts(
    commit: string,
    ids: Iterable<string>,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids)];
    const found = new Map<string, string>();
    if (wanted.length === 0) return found;
    await this.fetchBlobs(commit, wanted, signal);
    const git = await this.#network();
    const bytes = await git.run(['cat-file', '--batch'], { signal, input: lines(wanted) });
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(10, at);
      const [id = '', , size = '0'] = bytes.toString('latin1', at, end).split(' ');
      found.set(id, bytes.toString('utf8', end + 1, end + 1 + Number(size)));
      at = end + 1 + Number(size) + 1;
    }
    return found;
  }

  /** Has the blobs of a commit here, by one request for all that are missing. */
  async fetchBlobs(commit: string, ids: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const walk = ['rev-list', '--objects', '--no-object-names', '--missing=print', '--no-walk', commit];
    const listing = await this.#plainGit.text(walk, { signal });
    const missing = new Set(listing.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : [])));
    const wanted = ids.filter((id) => missing.has(id));
    if (wanted.length < 2) return;
    const noHaves = settings('fetch.negotiationAlgorithm=noop');
    await this.#retried(signal, (git) =>
      git.run([...noHaves, 'fetch', ...quietly, '--stdin', 'origin'], { signal, input: lines(wanted) }),
    );
  }

  /** The lengths of blobs, by id; asks for whole blobs that are not here yet. */
  async sizes(ids: readonly string[], signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
    if (ids.length === 0) return new Map();
    const git = await this.#network();
    const listing = await git.text(['cat-file', '--batch-check'], { signal, input: lines(ids) });
    return new Map(listing.split('\n').map((line) => [line.split(' ')[0]!, Number(line.split(' ')[2])]));
  }

  /** Who commits, and when that is, as git tells it. */
  async committer(signal: AbortSignal | undefined): Promise<string> {
    const ask = ['var', 'GIT_COMMITTER_IDENT'];
    try {
      return await this.#plainGit.text(ask, { signal });
    } catch {
      throwIfCancelled(signal);
      // A container has neither a configuration nor a user with a name.
      const named = { GIT_COMMITTER_NAME: 'infrabackup', GIT_COMMITTER_EMAIL: 'infrabackup@localhost', ...this.#env };
      return new Git(this.#folder, named).text(ask, { signal });
    }
  }

  /** Writes blobs here. */
  async writeBlobs(
    blobs: Iterable<BlobBody> | AsyncIterable<BlobBody>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.locked(signal, () => Promise.resolve());
    await this.#plainGit.run(fastImport, { signal, input: importOfBlobs(blobs) });
  }

  /** Writes a commit here and returns its id. The lock must be held. */
  async writeCommit(body: CommitBody, signal: AbortSignal | undefined): Promise<string> {
    const git = await this.#network();
    return git.text(fastImport, { signal, input: importOfCommit(body) });
  }

  /** Makes a commit of {@link writeCommit} the branch's tip in the repository. The lock must be held. */
  async push(branch: string, commit: string, signal: AbortSignal | undefined): Promise<void> {
    const git = await this.#network();
    const flags = ['--porcelain', '--no-verify', '--no-signed', '--no-follow-tags'];
    await git.run(['push', ...flags, 'origin', `${commit}:refs/heads/${branch}`], { signal });
  }

  /** Whether the branch, as it was last seen here, has the commit in its history. */
  async has(tip: string, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#plainGit.run(['merge-base', '--is-ancestor', commit, tip], { signal }).then(
      () => true,
      () => false,
    );
  }

  /** Tidies up, when git finds that it is time. The lock must be held. */
  async tidy(): Promise<void> {
    const often = settings('gc.auto=6700', 'gc.autoDetach=false', 'maintenance.autoDetach=false');
    await this.#plainGit.run([...often, 'gc', '--auto', '--quiet']).catch(() => undefined);
  }

  /** Does what no other process may do to the clone meanwhile. Waits for its turn. */
  async locked<T>(signal: AbortSignal | undefined, use: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const turn = Promise.withResolvers<undefined>();
    this.#queue = turn.promise;
    try {
      await before;
      throwIfCancelled(signal);
      const release = await this.#lock(signal);
      try {
        this.#isHeld = true;
        await this.#made();
        return await use();
      } finally {
        this.#isHeld = false;
        await release();
      }
    } finally {
      turn.resolve(undefined);
    }
  }

  /** {@link bring}, for who holds the lock. */
  async bringLocked(branch: string, commit: string, signal: AbortSignal | undefined): Promise<string> {
    const known = await this.#known(branch);
    if (known === commit) return commit;
    const tracked = `+refs/heads/${branch}:refs/remotes/origin/${branch}`;
    // Later ones bring what lies between, so that one that was made here is found again below another's.
    const fetch = (depth: readonly string[]) => (git: Git) =>
      git.run(['fetch', ...quietly, ...depth, 'origin', tracked], { signal });
    try {
      await this.#retried(signal, fetch(known === undefined ? ['--depth=1'] : []));
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#remake();
      await this.#retried(signal, fetch(['--depth=1']));
    }
    return (await this.#known(branch)) ?? commit;
  }

  /** Whether {@link locked} is at work, inside which the clone cannot be made anew. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Throws the clone away and begins a new one with that branch. */
  async remake(branch: string, commit: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    await this.locked(signal, async () => {
      await this.#remake();
      if (commit !== undefined) await this.bringLocked(branch, commit, signal);
    });
  }

  /** The branch's tip as it was last seen here. */
  async #known(branch: string): Promise<string | undefined> {
    const ask = ['rev-parse', '--verify', '--quiet', `refs/remotes/origin/${branch}^{commit}`];
    return this.#plainGit.text(ask).catch(() => undefined);
  }

  async #retried<T>(signal: AbortSignal | undefined, request: (git: Git) => Promise<T>): Promise<T> {
    const git = await this.#network();
    for (let tries = 0; ; tries++) {
      try {
        return await request(git);
      } catch (error) {
        throwIfCancelled(signal);
        if (!isPassing(error) || tries + 1 === triesOfRequests) throw error;
        await pauseBeforeRetry(tries, signal);
      }
    }
  }

  /** Git as it goes to the server. Where the user has not said how ssh is called, it asks nobody and gives up some time. */
  #network(): Promise<Git> {
    return (this.#networkGit ??= (async () => {
      const { GIT_SSH, GIT_SSH_COMMAND } = this.#env;
      if (!this.#url.startsWith('ssh:') || (GIT_SSH_COMMAND ?? GIT_SSH) !== undefined) return this.#plainGit;
      const isConfigured = await this.#plainGit.text(['config', '--get', 'core.sshCommand']).catch(() => '');
      if (isConfigured !== '') return this.#plainGit;
      const ssh = 'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15';
      return new Git(this.#folder, { ...this.#env, GIT_SSH_COMMAND: ssh });
    })());
  }

  async #made(): Promise<void> {
    const isThere = await stat(join(this.#folder, 'HEAD')).then(
      () => true,
      () => false,
    );
    if (!isThere) await this.#remake();
  }

  /** Filled aside and moved into place whole. */
  async #remake(): Promise<void> {
    const aside = `${this.#folder}.${randomBytes(8).toString('hex')}`;
    const disk = diskGuard(`could not make a clone of ${this.#url} in ${dirname(this.#folder)}`);
    await disk(mkdir(dirname(aside), { recursive: true, mode: 0o700 }));
    try {
      const git = new Git(aside, this.#env);
      await git.run(['init', '--quiet', '--bare', '--template=']);
      for (const [name, value] of [
        ['remote.origin.url', this.#url],
        ['remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'],
      ] as const) {
        await git.run(['config', name, value]);
      }
      await disk(rm(this.#folder, { recursive: true, force: true }));
      await disk(rename(aside, this.#folder));
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  async #lock(signal: AbortSignal | undefined): Promise<() => Promise<void>> {
    for (let waitedMs = 0; ; waitedMs += 50) {
      try {
        return await holdLock(`${this.#folder}.lock`, 'clone');
      } catch (error) {
        if (!isAppError(error, 'RUN_BUSY')) throw error;
        if (waitedMs > lockWaitMs) {
          throw new AppError('STORE_UNAVAILABLE', `another process has held the clone of ${this.#url} for minutes`, {
            hint: `look for it; if it is something else, delete ${this.#folder}.lock`,
          });
        }
      }
      await sleep(50, undefined, signal && { signal }).catch(() => undefined);
      throwIfCancelled(signal);
    }
  }
}

const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--filter=blob:none'];
const fastImport = ['fast-import', '--quiet', '--done', '--force'];

async function* lines(texts: readonly string[]): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield Buffer.from(texts.map((text) => `${text}\n`).join(''));
}
