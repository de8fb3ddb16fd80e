import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

/**
 * A writer makes pairs at full speed, the first of each before the second, in two types that a backup lists one after the
 * other, in both directions. A backup that is no instant soon shows a second without its first.
 */
await describeOnCluster('a backup taken while the cluster is written to at full speed', {}, (on) => {
  const namespace = 'one-instant';
  let workplace: Workplace;

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await on.cluster.kubectl(['create', 'namespace', namespace]);
  });
  afterAll(() => workplace[Symbol.asyncDispose]());

  it('never shows the later of two objects without the earlier', async () => {
    const writer = writePairs(on.cluster, namespace);
    const backups = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'];
    for (const name of backups) {
      await workplace.succeed(
        'create',
        name,
        '-n',
        namespace,
        '--include-resources',
        'cm,secrets',
        '--chunk-size',
        '20',
      );
    }
    const written = await writer.stop();

    let paired = 0;
    for (const name of backups) {
      const configMaps = await namesIn(name, 'configmaps');
      const secrets = await namesIn(name, 'secrets');
      for (let pair = 0; pair < written; pair++) {
        const [cmFirst, secretSecond] = [configMaps.has(`forth-${pair}`), secrets.has(`forth-${pair}`)];
        const [secretFirst, cmSecond] = [secrets.has(`back-${pair}`), configMaps.has(`back-${pair}`)];
        expect(secretSecond && !cmFirst, `${name}: secret forth-${pair} without its ConfigMap`).toBe(false);
        expect(cmSecond && !secretFirst, `${name}: ConfigMap back-${pair} without its Secret`).toBe(false);
        if (secretSecond && cmSecond) paired++;
      }
    }
    // Otherwise nothing was written while the backups ran, and the test has shown nothing.
    expect(paired).toBeGreaterThan(50);
    const counts = await Promise.all(backups.map(async (name) => (await namesIn(name, 'secrets')).size));
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  async function namesIn(backup: string, type: string): Promise<ReadonlySet<string>> {
    const output = await workplace.succeed('get', backup, type, '-n', namespace, '-o', 'name');
    return new Set(output.split('\n').map((line) => line.slice(line.indexOf('/') + 1)));
  }
});

/** Writes pairs `forth-N` (ConfigMap, then Secret) and `back-N` (Secret, then ConfigMap) until told to stop. */
function writePairs(cluster: Cluster, namespace: string): { stop(): Promise<number> } {
  const api = cluster.client(cluster.clusterAdmin, 8);
  let isStopped = false;
  let next = 0;
  const create = (plural: string, kind: string, name: string): Promise<unknown> =>
    api.expect('POST', `/api/v1/namespaces/${namespace}/${plural}`, { apiVersion: 'v1', kind, metadata: { name } });
  const lane = async (): Promise<void> => {
    while (!isStopped) {
      const pair = next++;
      await create('configmaps', 'ConfigMap', `forth-${pair}`);
      await create('secrets', 'Secret', `forth-${pair}`);
      await create('secrets', 'Secret', `back-${pair}`);
      await create('configmaps', 'ConfigMap', `back-${pair}`);
    }
  };
  const lanes = Promise.all([lane(), lane(), lane(), lane()]);
  return {
    async stop() {
      isStopped = true;
      await lanes;
      api.close();
      return next;
    },
  };
}
