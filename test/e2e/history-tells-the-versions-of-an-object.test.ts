import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnCluster('history of an object over real backups', {}, (on) => {
  let workplace: Workplace;
  const kubectl = (...args: string[]): Promise<unknown> => on.cluster.kubectl(['-n', 'lab', ...args]);
  const backUp = (name: string, ...args: string[]): Promise<string> => workplace.succeed('create', name, ...args);

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await on.cluster.kubectl(['create', 'namespace', 'lab']);
    await kubectl('create', 'deployment', 'web', '--image=example.com/web:1');
    await backUp('first');
    // What controllers write by themselves makes no version, and neither does a write that changes nothing.
    await kubectl('annotate', 'deployment', 'web', 'note=x');
    await kubectl('annotate', 'deployment', 'web', 'note-');
    await backUp('second');
    await kubectl('set', 'image', 'deployment/web', 'web=example.com/web:2');
    await backUp('third');
    await kubectl('delete', 'deployment', 'web');
    await backUp('fourth');
    await backUp('narrow', '--include-resources', 'configmaps');
    await kubectl('create', 'deployment', 'web', '--image=example.com/web:2');
    await backUp('fifth');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('names each version with its backups and what changed, the newest first', async () => {
    const stdout = await workplace.succeed('history', 'deploy/web', '-n', 'lab', '--no-headers');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(1));
    expect(rows).toEqual([
      ['fifth', 'fifth', '1', 'created again'],
      ['fourth', 'fourth', '1', 'deleted'],
      ['third', 'third', '1', 'spec.template.spec.containers[name=web].image example.com/web:1 -> example.com/web:2'],
      ['first', 'second', '2', 'first seen'],
    ]);
  });

  it('shows how it changed, like git log -p', async () => {
    const stdout = await workplace.succeed('history', 'deploy/web', '-n', 'lab', '--patch');
    expect(stdout).toContain('--- second\n+++ third\n');
    expect(stdout).toContain('-      - image: example.com/web:1\n+      - image: example.com/web:2\n');
  });

  it('shows what changed between two of the backups', async () => {
    const { exitCode, stdout } = await workplace.run(
      'diff',
      'first',
      'third',
      'deploy/web',
      '-n',
      'lab',
      '-o',
      'summary',
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^changed +deployments\.apps\/web -n lab +spec\.template\.spec\.containers\[name=web\]\.image /m,
    );
    expect((await workplace.run('diff', 'first', 'second', 'deploy/web', '-n', 'lab')).exitCode).toBe(0);
    const names = await workplace.run(
      'diff',
      'third',
      'fourth',
      '-n',
      'lab',
      '--include-resources',
      'deployments',
      '-o',
      'name',
    );
    expect([names.exitCode, names.stdout]).toEqual([1, 'deployments.apps/web -n lab\n']);
  });
});
