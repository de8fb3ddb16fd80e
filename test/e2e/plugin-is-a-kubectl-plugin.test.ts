import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandError, runCommand, type CommandResult } from '../cluster/run-command.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { launcher, openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnCluster('the plugin under kubectl', { fixtures: true }, (on) => {
  let bin: string;
  let workplace: Workplace;

  beforeAll(async () => {
    // What a user has: kubectl, the plugin and its completion on the PATH.
    bin = await mkdtemp(join(tmpdir(), 'infrabackup-bin-'));
    await symlink(on.cluster.kubectlPath, join(bin, 'kubectl'));
    await symlink(launcher, join(bin, 'kubectl-infrabackup'));
    await symlink(join(dirname(launcher), 'kubectl_complete-infrabackup'), join(bin, 'kubectl_complete-infrabackup'));
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await workplace.succeed('create', 'nightly');
  });
  afterAll(async () => {
    await workplace[Symbol.asyncDispose]();
    await rm(bin, { recursive: true, force: true });
  });

  async function kubectl(...args: readonly string[]): Promise<CommandResult & { readonly exitCode: number }> {
    const env = {
      ...process.env,
      PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath,
      HOME: workplace.home,
      XDG_DATA_HOME: join(workplace.home, 'data'),
      XDG_CONFIG_HOME: join(workplace.home, 'config'),
    };
    try {
      return { ...(await runCommand('kubectl', args, { env })), exitCode: 0 };
    } catch (error) {
      if (error instanceof CommandError)
        return { stdout: error.stdout, stderr: error.stderr, exitCode: error.exitCode ?? -1 };
      throw error;
    }
  }

  it('is found, runs, and its exit codes come through', async () => {
    expect((await kubectl('infrabackup', 'version')).stdout).toContain(`Server Version: v${on.cluster.version}`);
    expect((await kubectl('infrabackup', 'list', '-o', 'name')).stdout).toBe('nightly\n');
    expect(await kubectl('infrabackup', 'describe', 'nope')).toMatchObject({ exitCode: 4 });
    expect(await kubectl('infrabackup', 'lst')).toMatchObject({
      exitCode: 2,
      stderr:
        "error: unknown command 'lst' for 'kubectl infrabackup'\nhint: did you mean 'kubectl infrabackup list'?\n",
    });
    expect((await kubectl('plugin', 'list')).stdout).toContain('kubectl-infrabackup');
  });

  it('is completed by kubectl with what the location and the backup hold', async () => {
    const completed = async (words: readonly string[]): Promise<readonly string[]> =>
      (await kubectl('__complete', 'infrabackup', ...words)).stdout.trimEnd().split('\n');
    // What takes longer than a person waits is left out.
    const complete = (...words: readonly string[]) => expect.poll(() => completed(words));
    await complete('descr').toEqual([expect.stringMatching(/^describe\t/), ':4']);
    await complete('get', '').toEqual([expect.stringMatching(/^nightly\t.* ago, \d+ objects$/), ':4']);
    await complete('get', 'nightly', 'deploy').toEqual([expect.stringMatching(/^deployments.apps\t/), ':4']);
    await complete('get', 'nightly', '-n', 'shop', 'deploy', '').toEqual(['storefront', ':4']);
    await complete('create', '-n', 'shop').toEqual(['shop', 'shop-staging', ':4']);
    await complete('create', '--include-resources', 'certif').toContainEqual(
      expect.stringMatching(/^certificates.security.example.com\t/),
    );
    await complete('list', '--output=').toEqual(['table', 'wide', 'json', 'yaml', 'name', ':4']);
  });

  it('takes its own flags like kubectl: context, impersonation, several kubeconfigs, server and credentials', async () => {
    const { clusterAdmin, caPem, serverUrl } = on.cluster;
    const folder = join(workplace.home, 'flags');
    await mkdir(folder);
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o600);
      return join(folder, name);
    };
    const ca = await file('ca.pem', caPem);
    const certificate = await file('cert.pem', clusterAdmin.certificatePem);
    const key = await file('key.pem', clusterAdmin.keyPem);
    const scratch = await file('other.kubeconfig', JSON.stringify({ contexts: [], clusters: [], users: [] }));
    const small = ['--include-resources', 'namespaces', '-o', 'json'] as const;

    const contextOf = async (...args: readonly string[]): Promise<unknown> => {
      const { stdout, stderr, exitCode } = await workplace.run('create', ...small, ...args);
      expect(exitCode, stderr).toBe(0);
      return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { summary: { cluster: { context?: string } } }).summary
        .cluster.context;
    };
    expect(await contextOf('by-context', '--context', clusterAdmin.name)).toBe(clusterAdmin.name);
    expect(
      await contextOf(
        ...['by-flags', '--kubeconfig', scratch, '--server', serverUrl, '--certificate-authority', ca],
        ...['--client-certificate', certificate, '--client-key', key],
      ),
    ).toBeUndefined();

    await using listed = await openWorkplace(clusterAdmin, {
      KUBECONFIG: [scratch, clusterAdmin.kubeconfigPath, '/nowhere'].join(delimiter),
    });
    expect(await listed.succeed('version')).toContain('Server Version');

    // A user without a right, impersonated: each type is refused by RBAC.
    const nobody = await workplace.run('create', 'nobody', '-n', 'shop', '--as', 'nobody', '--as-group', 'nothing');
    expect(nobody.exitCode).toBe(6);
    expect(nobody.stderr).toMatch(/^error: nothing of what was selected could be read, .*User "nobody" cannot list/m);
    expect(await workplace.run('create', 'x', '--context', 'nope')).toMatchObject({ exitCode: 2 });
    expect(await workplace.run('create', 'x', '--server', 'https://127.0.0.1:1')).toMatchObject({ exitCode: 7 });
    const stranger = await workplace.run(
      ...['version', '--kubeconfig', scratch, '--server', serverUrl, '--certificate-authority', ca, '--token', 'abc'],
    );
    expect([stranger.exitCode, stranger.stderr.includes('abc')]).toEqual([7, false]);
    expect(await readFile(scratch, 'utf8')).not.toContain('abc');
  });
});
