import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { generateObjects } from '../fixtures/generate.ts';
import { openWorkplace, type RunningPlugin, type Workplace } from '../support/plugin.ts';

await describeOnCluster('a backup that is interrupted', {}, (on) => {
  beforeAll(async () => {
    await generateObjects(on.cluster, { count: 2_000 });
  });

  /** Slow enough to be caught at any point. */
  const startSlowly = (workplace: Workplace, name: string): RunningPlugin =>
    workplace.start('create', name, '--chunk-size', '1', '--concurrency', '1', '-o', 'json');

  it('by Ctrl-C ends with 130, is not listed, and leaves its name free and nothing behind', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const backup = startSlowly(workplace, 'cut-short');
    await untilItReads(backup);
    backup.process.kill('SIGINT');
    const { exitCode, stderr } = await backup.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/stopped|cancel/i);
    expect((await workplace.succeed('list', '-o', 'name')).trim()).toBe('');
    expect(await filesOf(workplace)).toEqual([]);
    await workplace.succeed('create', 'cut-short', '--include-resources', 'namespaces');
  });

  it('by kill -9 is not listed, and the next of its name clears away what it left', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    for (const waitMs of [0, 20, 60, 150, 400]) {
      const backup = startSlowly(workplace, 'killed');
      await untilItReads(backup);
      await new Promise((done) => setTimeout(done, waitMs));
      backup.process.kill('SIGKILL');
      await backup.result;
      expect((await workplace.succeed('list', '-o', 'name')).trim()).toBe('');
    }
    await workplace.succeed('create', 'killed', '--include-resources', 'namespaces');
    await workplace.succeed('verify', 'killed');
    // Each that took over left the claim that says so.
    const left = (await filesOf(workplace)).filter((file) => !file.startsWith('claim'));
    expect(left).toEqual(['killed-index.jsonl.gz', 'killed-summary.json', 'killed.tar.gz', 'velero-backup.json']);
  });

  it('by kill -9 is cleared away by delete too', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const backup = startSlowly(workplace, 'debris');
    await untilItReads(backup);
    backup.process.kill('SIGKILL');
    await backup.result;
    expect(await filesOf(workplace)).not.toEqual([]);
    await workplace.succeed('delete', 'debris', '--yes');
    expect(await filesOf(workplace)).toEqual([]);
  });

  it('by another backup of its name: one wins, the other is told, and nothing is mixed', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const names = ['cm', 'secrets', 'roles', 'rolebindings'];
    const runs = names.map((type) => workplace.start('create', 'wanted', '--include-resources', type));
    const results = await Promise.all(runs.map((run) => run.result));
    expect(results.map(({ exitCode }) => exitCode).sort()).toEqual([0, 5, 5, 5]);
    const winner = names[results.findIndex(({ exitCode }) => exitCode === 0)]!;
    await workplace.succeed('verify', 'wanted');
    const summary = JSON.parse(await workplace.succeed('describe', 'wanted', '-o', 'json')) as {
      selection: { rules: { includeResources: string[] }[] };
    };
    expect(summary.selection.rules[0]?.includeResources).toEqual([winner]);

    const again = await workplace.run('create', 'wanted');
    expect(again.exitCode).toBe(5);
    expect(again.stderr).toContain('wanted');
  });

  it('has no secret value in what it prints, and warns of those in the archive', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    await on.cluster.kubectl(['create', 'secret', 'generic', 'token', '--from-literal=password=correct-horse']);
    const { exitCode, stdout, stderr } = await workplace.run('create', 'secretive', '-n', 'default', '-v', '9');
    expect(exitCode).toBe(0);
    expect(stdout + stderr).toMatch(/Secrets? .*UNENCRYPTED/);
    const encoded = Buffer.from('correct-horse').toString('base64');
    for (const hidden of ['correct-horse', encoded]) expect(stdout + stderr).not.toContain(hidden);
    const shown = await workplace.succeed('get', 'secretive', 'secret/token', '-n', 'default', '-o', 'yaml');
    expect(shown).not.toContain(encoded);
    const revealed = await workplace.succeed(
      ...['get', 'secretive', 'secret/token', '-n', 'default', '-o', 'yaml', '--show-secrets'],
    );
    expect(revealed).toContain(encoded);
    const summary = (await filesOf(workplace, true)).find((file) => file.endsWith('secretive-summary.json'))!;
    expect(await readFile(summary, 'utf8')).not.toContain(encoded);
  });
});

/** Resolves once the backup reads objects. */
async function untilItReads(backup: RunningPlugin): Promise<void> {
  let seen = '';
  await new Promise<void>((done, fail) => {
    backup.process.stdout!.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes('"progress"')) done();
    });
    backup.process.on('close', () => fail(new Error(`it ended before it read anything: ${seen}`)));
  });
}

/** Every file of the workplace's location, by its name or whole path. */
async function filesOf(workplace: Workplace, isWhole = false): Promise<readonly string[]> {
  const entries = await readdir(join(workplace.home, 'data'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => (isWhole ? join(entry.parentPath, entry.name) : entry.name)).sort();
}
