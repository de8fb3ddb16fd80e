import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Store } from '@infrabackup/core';
import { backupWriter, checkLocation, openStore } from '@infrabackup/storage';
import { storeConformance } from '@infrabackup/storage/conformance';
import { runCommand } from '../cluster/run-command.ts';
import {
  provisionGit,
  provisionSshd,
  startGitFolder,
  startGitHttps,
  startGitSsh,
  type GitServer,
} from '../servers/git-servers.ts';
import { describeOnServer, type OnServer } from '../servers/suite.ts';
import { attempts, expectFailure } from './expect-failure.ts';

let repositories = 0;

interface Place {
  readonly store: Store;
  readonly location: string;
  /** The repository itself, on the server's side. */
  readonly repository: string;
  readonly git: (...args: readonly string[]) => Promise<string>;
}

const open = (location: string, env: Readonly<Record<string, string>>): Promise<Store> =>
  openStore(location, { workingFolder: '/', env });

async function newPlace({ server }: OnServer<GitServer>, options?: Readonly<Record<string, string>>): Promise<Place> {
  const name = `repository-${++repositories}.git`;
  const repository = await server.makeRepository(name);
  const location = server.location(name, options);
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runCommand('git', ['-C', repository, ...args], { env: { ...server.env, ...somebody } })).stdout.trim();
  return { store: await open(location, server.env), location, repository, git };
}

const somebody = {
  GIT_AUTHOR_NAME: 'o',
  GIT_AUTHOR_EMAIL: 'o@o',
  GIT_COMMITTER_NAME: 'o',
  GIT_COMMITTER_EMAIL: 'o@o',
};

/** Somebody else's machine: nothing of what this one has fetched. */
async function elsewhere({ server }: OnServer<GitServer>, location: string): Promise<{ store: Store; cache: string }> {
  const cache = await mkdtemp(join(server.env['HOME']!, 'cache-'));
  return { store: await open(location, { ...server.env, XDG_CACHE_HOME: cache }), cache };
}

async function cloneIn(cache: string): Promise<string> {
  const folder = join(cache, 'infrabackup/git');
  return join(
    folder,
    (await readdir(folder)).find((name) => /^[0-9a-f]+$/.test(name))!,
  );
}

async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true })) sum += (await stat(join(folder, entry))).size;
  return sum;
}

async function addHook(repository: string, name: string, script: string): Promise<void> {
  const path = join(repository, 'hooks', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

await describeOnServer('a repository on this machine', provisionGit, startGitFolder, (on) => {
  storeConformance('git+file', async () => (await newPlace(on)).store, { bufferedMiB: 16 });

  describe('a location in a repository', () => {
    it('is the branch and the folder that are named, and leaves all others alone', async () => {
      const { store, git, location } = await newPlace(on);
      const tree = await git('mktree');
      const first = await git('commit-tree', tree, '-m', 'first');
      await git('update-ref', 'refs/heads/main', first);
      const inside = await open(`${location}?branch=ops/backups&path=clusters/one`, on.server.env);
      await inside.create('k', Buffer.from('v'));
      expect(await git('rev-parse', 'main')).toBe(first);
      expect(await git('ls-tree', '-r', '--name-only', 'ops/backups')).toBe(
        'clusters/one/.infrabackup-values\nclusters/one/k',
      );
      const beside = await open(`${location}?branch=ops/backups&path=clusters/two`, on.server.env);
      expect(await Array.fromAsync(beside.list(''))).toEqual([]);
      await beside.create('k', Buffer.from('w'));
      expect((await inside.read('k')).toString()).toBe('v');
      expect(await Array.fromAsync(store.list(''))).toEqual([]);
    });

    it('is the default branch of the repository where none is named', async () => {
      const { store, git } = await newPlace(on);
      await git('symbolic-ref', 'HEAD', 'refs/heads/trunk');
      await git('update-ref', 'refs/heads/trunk', await git('commit-tree', await git('mktree'), '-m', 'first'));
      await store.create('k', Buffer.from('v'));
      expect(await git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/trunk');
      expect(await git('rev-list', '--count', 'trunk')).toBe('2');
    });

    it('shows values that somebody has put there with git alone, with their sizes', async () => {
      const { store, git, location } = await newPlace(on);
      await store.create('a/k', Buffer.from('v'));
      const work = `${location.slice('git+file://'.length)}.work`;
      await git('worktree', 'add', '--quiet', work, 'main');
      await writeFile(join(work, 'a/by-hand'), '12345');
      await writeFile(join(work, 'a/.hidden'), '12345');
      for (const words of [
        ['add', '.'],
        ['commit', '-qm', 'by hand'],
      ]) {
        await runCommand('git', ['-C', work, ...words], { env: { ...on.server.env, ...somebody } });
      }
      await rm(work, { recursive: true });
      expect(await Array.fromAsync(store.list(''))).toMatchObject([
        { key: 'a/by-hand', sizeBytes: 5 },
        { key: 'a/k', sizeBytes: 1 },
      ]);
    });

    it('is fit for backups, as location check sees it, but for parts of values', async () => {
      const { store } = await newPlace(on);
      const steps = await Array.fromAsync(checkLocation(store, 'id'));
      expect(steps.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'absent', 'done', 'done', 'done']);
    });

    it('has authors and messages that say who and what', async () => {
      const { store, git } = await newPlace(on, { authorName: 'Ann Other', authorEmail: 'ann@example.com' });
      await using batch = await store.begin!('Two at once');
      await batch.create('k', Buffer.from('v'));
      await batch.create('l', Buffer.from('v'));
      await batch.commit();
      expect(await git('log', '--format=%an <%ae> %cn %s', 'main')).toBe(
        'Ann Other <ann@example.com> Ann Other Two at once',
      );
    });
  });

  describe('the clone of a repository', () => {
    it('has the files that were read, and no others', async () => {
      const { store, location } = await newPlace(on);
      for (const key of ['large/a', 'large/b']) await store.create(key, randomBytes(3_000_000));
      const { store: fresh, cache } = await elsewhere(on, location);
      expect(await Array.fromAsync(fresh.list(''))).toMatchObject([{ sizeBytes: 3_000_000 }, { sizeBytes: 3_000_000 }]);
      expect(await sizeOf(cache)).toBeLessThan(200_000);
      await fresh.create('small', Buffer.from('v'));
      expect(await sizeOf(cache)).toBeLessThan(200_000);
      expect(await fresh.read('large/a')).toEqual(await store.read('large/a'));
      expect(await sizeOf(cache)).toBeLessThan(3_500_000);
    });

    it('does without that where the server gives whole commits only', async () => {
      const { store, location, git } = await newPlace(on);
      await git('config', 'uploadpack.allowFilter', 'false');
      await store.create('k', Buffer.from('v'));
      const { store: fresh } = await elsewhere(on, location);
      expect((await fresh.read('k')).toString()).toBe('v');
      await fresh.create('l', Buffer.from('w'));
      expect((await store.read('l')).toString()).toBe('w');
    });

    it.each([
      ['lost its objects', async (clone: string) => rm(join(clone, 'objects'), { recursive: true })],
      ['has a broken configuration', async (clone: string) => writeFile(join(clone, 'config'), '[[[')],
      ['lost its HEAD', async (clone: string) => rm(join(clone, 'HEAD'))],
      ['holds an empty HEAD', async (clone: string) => writeFile(join(clone, 'HEAD'), '')],
      ['is locked by a git that was killed', async (clone: string) => writeFile(join(clone, 'shallow.lock'), '')],
      [
        'holds packs that are cut short',
        async (clone: string) => {
          const packs = join(clone, 'objects/pack');
          for (const name of await readdir(packs)) {
            await chmod(join(packs, name), 0o600);
            await writeFile(join(packs, name), 'x');
          }
        },
      ],
    ])('is made anew when it %s', async (_, damage) => {
      const { store, location } = await newPlace(on);
      await store.create('k', Buffer.from('v'));
      await store.create('l', randomBytes(100_000));
      const { store: first, cache } = await elsewhere(on, location);
      await first.read('l');
      const again = (): Promise<Store> => open(location, { ...on.server.env, XDG_CACHE_HOME: cache });
      await damage(await cloneIn(cache));
      expect((await (await again()).read('k')).toString()).toBe('v');
      await store.create('m', Buffer.from('v'));
      await damage(await cloneIn(cache));
      await (await again()).create('n', Buffer.from('v'));
      expect((await Array.fromAsync((await again()).list(''))).map(({ key }) => key)).toEqual(['k', 'l', 'm', 'n']);
    });

    it('of a process that died is free for the next one', async () => {
      const { store, location } = await newPlace(on);
      await store.create('k', Buffer.from('v'));
      const { store: first, cache } = await elsewhere(on, location);
      await first.read('k');
      const { host } = backupWriter({ now: () => 0 });
      await writeFile(`${await cloneIn(cache)}.lock`, `${host} 999999999 dead\n`);
      await store.create('l', Buffer.from('v'));
      expect((await first.read('l')).toString()).toBe('v');
    });
  });

  describe('a push to a repository', () => {
    it('that was refused for another one is made again, until that is of no use', { timeout: 120_000 }, async () => {
      const { store, repository, git } = await newPlace(on);
      await store.create('k', Buffer.from('v'));
      const push =
        'next=$(git commit-tree "main^{tree}" -p main -m other) && env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main $next';
      const identity = 'export GIT_AUTHOR_NAME=o GIT_AUTHOR_EMAIL=o GIT_COMMITTER_NAME=o GIT_COMMITTER_EMAIL=o';
      await addHook(
        repository,
        'pre-receive',
        `${identity}\n[ -e twice ] && exit 0\n[ -e once ] && touch twice\ntouch once\n${push}`,
      );
      await store.create('l', Buffer.from('w'));
      expect(await git('log', '--format=%s', 'main')).toBe('Write l\nother\nother\nWrite k');

      await addHook(repository, 'pre-receive', `${identity}\n${push}`);
      await expectFailure(
        () => store.create('m', Buffer.from('w')),
        'STORE_UNAVAILABLE',
        /others pushed to main .* each time/,
        /branch of its own/,
      );
      expect((await Array.fromAsync(store.list(''))).map(({ key }) => key)).toEqual(['k', 'l']);
    });

    it('whose answer was lost counts', async () => {
      const { store, repository, git } = await newPlace(on);
      await store.create('k', Buffer.from('v'));
      await addHook(repository, 'post-receive', 'rm "$0"; kill -9 $PPID');
      await store.create('l', Buffer.from('w'));
      expect(await git('log', '--format=%s', 'main')).toBe('Write l\nWrite k');
    });

    it.for([
      ['the branch', 'GH006: Protected branch update failed', 'STORE_DENIED', /may be protected/, /branch=NAME/],
      [
        'a file of that size',
        "File backups/x.tar.gz is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
        'STORE_FULL',
        /no file or push of that size/,
        /--exclude-resources/,
      ],
    ] as const)('for which the server does not take %s says so', async ([, said, code, message, hint]) => {
      const { store, repository } = await newPlace(on);
      await addHook(repository, 'pre-receive', `echo "error: ${said}" >&2; exit 1`);
      await expectFailure(() => store.create('k', Buffer.from('v')), code, message, hint);
      expect(await Array.fromAsync(store.list(''))).toEqual([]);
    });
  });

  it('says that there is no git, or no repository', async () => {
    const { location } = await newPlace(on);
    const without = await open(location, { ...on.server.env, PATH: '/no/such/folder' });
    const absent = await open(on.server.location('absent.git'), on.server.env);
    for (const attempt of attempts(without)) await expectFailure(attempt, 'USAGE', /takes git/, /git-scm/);
    for (const attempt of attempts(absent)) {
      await expectFailure(attempt, 'STORE_MISSING', /no such repository/, /make an empty repository/);
    }
  });
});

await describeOnServer("a repository behind git's http-backend", provisionGit, startGitHttps, (on) => {
  storeConformance('git+https', async () => (await newPlace(on)).store, { bufferedMiB: 16 });

  describe('what goes wrong over HTTPS is told apart', () => {
    it('a wrong password, and none', async () => {
      const { location } = await newPlace(on);
      const { GIT_CONFIG_COUNT: _none, ...noHelper } = on.server.env;
      for (const env of [on.server.strangerEnv!, noHelper]) {
        for (const attempt of attempts(await open(location, env))) {
          await expectFailure(attempt, 'STORE_CREDENTIALS', /other credentials/, /git ls-remote/);
        }
      }
    });

    it('somebody who may read and not push', async () => {
      const { store, location } = await newPlace(on);
      await store.create('k', Buffer.from('v'));
      const reading = await open(location, on.server.readerEnv!);
      expect((await reading.read('k')).toString()).toBe('v');
      await expectFailure(() => reading.create('l', Buffer.from('v')), 'STORE_DENIED', /403/, /right to read and push/);
    });

    it('a repository that is not there, a certificate that nobody knows, and a server that is away', async () => {
      const absent = await open(on.server.location('absent.git'), on.server.env);
      await expectFailure(() => absent.read('k'), 'STORE_MISSING', /no such repository/, /empty repository/);
      const { location } = await newPlace(on);
      const untrusted = await open(location.split('?')[0]!, on.server.env);
      await expectFailure(() => untrusted.read('k'), 'STORE_TLS', /certificate/, /\?ca=FILE/);
      const away = await open('git+https://127.0.0.1:1/x.git', on.server.env);
      await expectFailure(() => away.read('k'), 'STORE_UNAVAILABLE', /127\.0\.0\.1/, /try again/);
    });
  });
});

await describeOnServer('a repository behind sshd', provisionSshd, startGitSsh, (on) => {
  storeConformance('git+ssh', async () => (await newPlace(on)).store, { bufferedMiB: 16 });

  it('tells a wrong key, a host that ssh does not know and a missing repository apart', async () => {
    const { location } = await newPlace(on);
    const stranger = await open(location, on.server.strangerEnv!);
    await expectFailure(() => stranger.read('k'), 'STORE_CREDENTIALS', /other credentials/, /git ls-remote/);
    const ssh = on.server.env['GIT_SSH_COMMAND']!.replace(
      /UserKnownHostsFile=\S+/,
      'UserKnownHostsFile=/dev/null',
    ).replace(/ControlPath=\S+/, 'ControlPath=none');
    const unknown = await open(location, { ...on.server.env, GIT_SSH_COMMAND: ssh });
    await expectFailure(() => unknown.read('k'), 'STORE_TLS', /host key/, /fingerprint/);
    const absent = await open(on.server.location('absent.git'), on.server.env);
    await expectFailure(() => absent.read('k'), 'STORE_MISSING', /no such repository/, /empty repository/);
  });
});
