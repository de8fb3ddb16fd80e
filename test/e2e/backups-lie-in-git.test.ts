import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { provisionGit, startGitHttps } from '../servers/git-servers.ts';
import { describeOnServer } from '../servers/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnServer('backups in a git repository', provisionGit, startGitHttps, (onServer) =>
  describeOnCluster('through the plugin', { fixtures: true }, (on) => {
    let workplace: Workplace;
    let repository: string;
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const commits = (): number => git('log', '--oneline', 'main').trim().split('\n').length;
    const keysFile = (): string => join(workplace.home, 'keys.yaml');
    const create = (name: string, ...args: readonly string[]): Promise<string> =>
      workplace.succeed('create', name, '--encryption-config', keysFile(), ...args);

    beforeAll(async () => {
      const { XDG_CACHE_HOME: _own, HOME: _home, ...env } = onServer.server.env;
      workplace = await openWorkplace(on.cluster.clusterAdmin, env);
      repository = await onServer.server.makeRepository('backups.git');
      const author = { authorName: 'Night Watch', authorEmail: 'night@example.com' };
      await workplace.succeed('location', 'add', 'repo', onServer.server.location('backups.git', author), '--default');
      const secret = Buffer.alloc(32, 'key').toString('base64');
      const resources = [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ name: 'key1', secret }] } }] }];
      const kind = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' };
      await writeFile(keysFile(), JSON.stringify({ ...kind, resources }));
      await on.cluster.kubectl(['create', 'namespace', 'told']);
      await on.cluster.kubectl(['-n', 'told', 'create', 'configmap', 'settings', '--from-literal=colour=red']);
      await on.cluster.kubectl(['-n', 'told', 'create', 'configmap', 'leaving', '--from-literal=a=1']);
      await on.cluster.kubectl(['-n', 'told', 'create', 'secret', 'generic', 'token', '--from-literal=t=hunter2']);
      return () => workplace[Symbol.asyncDispose]();
    });

    it('are refused where Secrets would lie in clear, and nothing is pushed', async () => {
      const { exitCode, stderr } = await workplace.run('create', 'clear');
      expect(exitCode).toBe(6);
      expect(stderr).toMatch(
        /Secrets of clear would lie in clear[\s\S]*--encryption-config[\s\S]*--allow-clear-secrets/,
      );
      expect(git('for-each-ref')).toBe('');
    });

    it('are one commit each, whose patch is what has changed in the cluster', async () => {
      await create('monday');
      expect(commits()).toBe(1);
      expect(git('show', 'main:objects/told/configmaps/settings.yaml')).toContain('colour: red');
      await on.cluster.kubectl(['-n', 'told', 'patch', 'configmap', 'settings', '-p', '{"data":{"colour":"blue"}}']);
      await on.cluster.kubectl(['-n', 'told', 'delete', 'configmap', 'leaving']);
      await on.cluster.kubectl(['-n', 'told', 'create', 'configmap', 'coming', '--from-literal=b=2']);
      await create('tuesday');
      expect(commits()).toBe(2);
      const patch = git('log', '-p', '-1', 'main', '--', 'objects');
      expect(patch).toContain('Author: Night Watch <night@example.com>');
      expect(patch).toMatch(/Back up tuesday[\s\S]*revision \d+/);
      expect(patch).toMatch(/-\s+colour: red\n\+\s+colour: blue/);
      expect(
        git('log', '-1', '--format=', '--name-status', '--no-renames', 'main', '--', 'objects').trim().split('\n'),
      ).toEqual([
        'A\tobjects/told/configmaps/coming.yaml',
        'D\tobjects/told/configmaps/leaving.yaml',
        'M\tobjects/told/configmaps/settings.yaml',
      ]);
    });

    it('change nothing in the tree while nothing changes in the cluster, encrypted Secrets included', async () => {
      const tree = git('rev-parse', 'main:objects');
      await create('tuesday-again');
      expect(git('rev-parse', 'main:objects')).toBe(tree);
      const secret = git('show', 'main:objects/told/secrets/token.yaml');
      expect(secret).toMatch(/kind: Secret[\s\S]*encrypted:\n {2}content: /);
      expect(git('log', '-p', 'main')).not.toContain(Buffer.from('hunter2').toString('base64'));
    });

    it('hold Secrets in clear where somebody says that this is meant, whichever way they come', async () => {
      const location = onServer.server.location('backups.git', { branch: 'clear' });
      await workplace.succeed('create', 'source', '-n', 'told', '--to', join(workplace.home, 'source'));
      const from = ['source', '--from', join(workplace.home, 'source'), '--to', location];
      for (const way of [[], ['--as', 'again'], ['--format', 'manifests'], ['--format', 'rancher']]) {
        const { exitCode, stderr } = await workplace.run('copy', ...from, ...way);
        expect([exitCode, stderr]).toEqual([6, expect.stringContaining('--allow-clear-secrets')]);
      }
      expect(git('for-each-ref', 'refs/heads/clear')).toBe('');
      for (const way of [[], ['--format', 'manifests', '--as', 'yaml']]) {
        await workplace.succeed('copy', ...from, ...way, '--allow-clear-secrets');
      }
      expect(git('log', '--format=%s', 'clear').trim()).toBe('Copy backup yaml for manifests\nCopy backup source');
      const secret = git('show', 'clear:objects/told/secrets/token.yaml');
      expect(secret).toContain(Buffer.from('hunter2').toString('base64'));
      expect(git('show', 'clear:yaml/told/secrets/token.yaml')).toBe(secret);
    });

    it('for age recipients, with a key of their own each, have but the names of objects in the tree', async () => {
      const recipient = 'age1pcjyw2avap5prddd33gdm9crpwld88v93kjlj7ejlclcf57n9dcsjp7xwe';
      const aged = ['--age-recipient', recipient, '--encrypt-resources', 'secrets', '--to'];
      const location = onServer.server.location('backups.git', { branch: 'aged', path: 'one' });
      await workplace.succeed('create', 'first', ...aged, location);
      const tree = git('rev-parse', 'aged:one/objects');
      expect(git('show', 'aged:one/objects/told/secrets/token.yaml')).toContain('encrypted: for age recipients');
      await workplace.succeed('create', 'second', ...aged, location);
      expect(git('rev-parse', 'aged:one/objects')).toBe(tree);
    });

    it('of a part of the cluster leave the rest of the tree as it is', async () => {
      const others = git('ls-tree', '-r', 'main', 'objects/default', 'objects/kube-system', 'objects/cluster');
      await on.cluster.kubectl(['-n', 'told', 'delete', 'configmap', 'coming']);
      await create('part', '-n', 'told');
      expect(git('ls-tree', '-r', 'main', 'objects/default', 'objects/kube-system', 'objects/cluster')).toBe(others);
      expect(git('ls-tree', '-r', '--name-only', 'main', 'objects/told/configmaps')).not.toContain('coming');
    });

    it('are listed, described, read, verified, compared, restored and copied', async () => {
      const names = (await workplace.succeed('list', '-o', 'name')).trim().split('\n');
      expect(names.toSorted()).toEqual(['monday', 'part', 'tuesday', 'tuesday-again']);
      expect(await workplace.succeed('describe', 'monday')).toContain('monday');
      await workplace.succeed('verify', 'monday');
      expect(await workplace.succeed('get', 'monday', 'configmap/leaving', '-n', 'told', '-o', 'yaml')).toContain(
        'a: "1"',
      );
      const settings = ['configmap/settings', '-n', 'told'];
      expect((await workplace.run('diff', 'monday', ...settings)).exitCode).toBe(1);
      await workplace.succeed('restore', 'monday', ...settings, '--existing', 'update', '--yes');
      const { stdout } = await on.cluster.kubectl([
        '-n',
        'told',
        'get',
        'configmap',
        'settings',
        '-o',
        'jsonpath={.data.colour}',
      ]);
      expect(stdout).toBe('red');
      const [run] = (await workplace.succeed('restores', '-o', 'name')).trim().split('\n');
      await workplace.succeed('undo', run!, '--yes');
      await workplace.succeed('copy', 'monday', '--to', join(workplace.home, 'copy'));
      await workplace.succeed('verify', join(workplace.home, 'copy/backups/monday'));
      await workplace.succeed('copy', 'monday', '--as', 'monday-again', '--encryption-config', keysFile());
      await workplace.succeed('verify', 'monday-again');
    });

    it('of two that are made at once both stay; of two of one name one, and the other is told', async () => {
      const small = ['--include-resources', 'configmaps', '-n', 'told'];
      const before = commits();
      const both = await Promise.all(['left', 'right'].map((name) => workplace.run('create', name, ...small)));
      expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
      // From machines that share nothing, so that the repository alone tells them apart.
      const { XDG_CACHE_HOME: _own, HOME: _home, ...env } = onServer.server.env;
      await using elsewhere = await openWorkplace(on.cluster.clusterAdmin, env);
      const location = onServer.server.location('backups.git');
      const rivals = await Promise.all(
        [workplace, elsewhere].map((place) => place.run('create', 'rival', ...small, '--to', location)),
      );
      expect(rivals.map(({ exitCode }) => exitCode).sort()).toEqual([0, 5]);
      expect(rivals.find(({ exitCode }) => exitCode === 5)!.stderr).toMatch(/backup rival/);
      for (const name of ['left', 'right', 'rival']) await workplace.succeed('verify', name);
      expect(commits()).toBe(before + 3);
    });

    it('leave the branch by a commit when they are deleted or pruned, and stay in its history', async () => {
      const before = commits();
      await workplace.succeed('delete', 'left', '--yes');
      expect(commits()).toBe(before + 1);
      expect(git('ls-tree', '--name-only', 'main', 'backups/')).not.toContain('backups/left');
      expect(git('show', 'main~1:backups/left/left-summary.json')).toContain('"name": "left"');
      await workplace.succeed('prune', '--keep-last', '1', '--yes');
      expect((await workplace.succeed('list', '-o', 'name')).trim().split('\n')).toHaveLength(1);
    });

    it('that are killed at any moment are there whole or not at all, and leave the clone fit for the next one', async () => {
      const killed = [300, 700, 1_100, 1_500];
      for (const waitMs of killed) {
        const { process: child, result } = workplace.start(
          'create',
          `killed-${waitMs}`,
          '--encryption-config',
          keysFile(),
        );
        await sleep(waitMs);
        child.kill('SIGKILL');
        await result;
      }
      // A push that has begun goes on without who asked for it: whether it came in is settled by the next one.
      await create('afterwards');
      const files = git('ls-tree', '-r', '--name-only', 'main');
      const listed = (await workplace.succeed('list', '-o', 'name')).trim().split('\n');
      for (const name of [...killed.map((waitMs) => `killed-${waitMs}`), 'afterwards']) {
        if (listed.includes(name)) await workplace.succeed('verify', name);
        else expect(files).not.toContain(name);
      }
      expect(listed).toContain('afterwards');
    });
  }),
);
