import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import type { User } from '../cluster/user.ts';
import { openWorkplace } from '../support/plugin.ts';

const teams = Array.from({ length: 8 }, (_, index) => `team-${index}`);

await describeOnCluster('a backup of most namespaces', {}, (on) => {
  beforeAll(async () => {
    for (const team of teams) {
      await on.cluster.kubectl(['create', 'namespace', team]);
      await on.cluster.kubectl(['create', 'configmap', 'settings', '-n', team]);
    }
  });

  /** Lists of ConfigMaps in one namespace that the API server has answered; the control plane asks for one now and then. */
  async function listsInOne(): Promise<number> {
    const { stdout } = await on.cluster.kubectl(['get', '--raw', '/metrics']);
    const counters = stdout.split('\n').filter((line) => {
      return [
        'apiserver_request_total{',
        'code="200"',
        'resource="configmaps"',
        'scope="namespace"',
        'verb="LIST"',
      ].every((part) => line.includes(part));
    });
    return counters.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  async function backUp(user: User): Promise<{ names: readonly string[]; oneByOne: boolean }> {
    const before = await listsInOne();
    await using workplace = await openWorkplace(user);
    await workplace.succeed('create', 'teams', '--include-namespaces', 'team-*', '--include-resources', 'configmaps');
    const stored = await workplace.succeed('get', 'teams', 'configmaps,namespaces', '-A', '-o', 'json');
    const { items } = JSON.parse(stored) as { items: { metadata: { name: string; namespace?: string } }[] };
    return {
      names: items.map(({ metadata: { name, namespace = '' } }) => `${namespace}/${name}`).sort(),
      oneByOne: (await listsInOne()) - before >= teams.length,
    };
  }

  const meant = teams.flatMap((team) => [`/${team}`, `${team}/kube-root-ca.crt`, `${team}/settings`]).sort();

  it('asks for each type once, and keeps what was asked for', async () => {
    expect(await backUp(on.cluster.clusterAdmin)).toEqual({ names: meant, oneByOne: false });
  });

  it('goes from namespace to namespace for a user who may not list all of them at once', async () => {
    const user = await on.cluster.user({ name: 'teams-reader', namespace: 'team-0' });
    const role = ['--verb=get,list', '--resource=namespaces'];
    await on.cluster.kubectl(['create', 'clusterrole', 'sees-namespaces', ...role]);
    await on.cluster.kubectl(['create', 'clusterrole', 'reads-settings', '--verb=list', '--resource=configmaps']);
    await on.cluster.kubectl([
      ...['create', 'clusterrolebinding', 'teams-reader'],
      ...['--clusterrole=sees-namespaces', '--user=teams-reader'],
    ]);
    for (const team of teams) {
      await on.cluster.kubectl([
        ...['create', 'rolebinding', 'teams-reader', '-n', team],
        ...['--clusterrole=reads-settings', '--user=teams-reader'],
      ]);
    }
    const mayRead = ['auth', 'can-i', 'list', 'configmaps', '-n', teams.at(-1)!, '--as', 'teams-reader'];
    // No is an exit code, too.
    await expect.poll(() => on.cluster.kubectl(mayRead).catch(String)).toMatchObject({ stdout: 'yes\n' });
    expect(await backUp(user)).toEqual({ names: meant, oneByOne: true });
  });
});
