import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { generateObjects } from '../fixtures/generate.ts';
import { createRandom } from '../fixtures/random.ts';
import { listApiObjects, readApiResources } from '../support/api-resources.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';
import { wipeCluster } from '../support/wipe-cluster.ts';

const count = 10_000;
const kills = 3;
const seed = Number(process.env['INFRABACKUP_SEED'] ?? Date.now() % 1_000_000);

await describeOnCluster('a restore of ten thousand objects into a wiped cluster', { fixtures: true }, (on) => {
  let workplace: Workplace;
  let before: ClusterSnapshot;
  const random = createRandom(seed);
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  const isWriting = async (): Promise<boolean> => {
    const state = join(workplace.home, 'state', 'infrabackup', 'restores');
    const files = await readdir(state, { recursive: true }).catch(() => []);
    return files.some((file) => file.endsWith('journal.jsonl'));
  };

  beforeAll(async () => {
    process.stderr.write(`\nrestore-brings-ten-thousand-objects-back: INFRABACKUP_SEED=${seed}\n`);
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    const held = '{"metadata":{"finalizers":null}}';
    await on.cluster.kubectl(['patch', 'cm', 'being-deleted', '-n', 'shop', '--type=merge', '-p', held]);
    await generateObjects(on.cluster, { count });
    await workplace.succeed('create', 'nightly');
    before = await snapshot();
    expect(before.size).toBeGreaterThan(count);
    await wipeCluster(on.cluster.client(on.cluster.admin, 32));
    return async () => workplace[Symbol.asyncDispose]();
  });

  it(
    'comes to its end though it is killed again and again, and then nothing differs',
    { timeout: 900_000 },
    async () => {
      for (let kill = 0; kill < kills; kill++) {
        const running = workplace.start('restore', 'nightly', '--yes');
        while (!(await isWriting())) await sleep(20);
        await sleep(500 + random.below(3_000));
        running.process.kill('SIGKILL');
        await running.result;
      }
      const { exitCode, stderr } = await workplace.run('restore', 'nightly', '--yes');
      expect([exitCode, exitCode === 0 ? '' : stderr], `seed ${seed}`).toEqual([0, '']);
      await expect.poll(async () => snapshotDifferences(before, await snapshot()), { timeout: 120_000 }).toEqual([]);
      expect(await workplace.run('diff', 'nightly')).toMatchObject({ exitCode: 0, stdout: '' });
    },
  );

  it('leaves no dependent with an owner that is not there', async () => {
    const api = on.cluster.client();
    const lists = (await readApiResources(api)).filter(({ verbs }) => verbs.includes('list'));
    const objects = (await Promise.all(lists.map((resource) => listApiObjects(api, resource)))).flat();
    const live = new Set(objects.map(({ metadata }) => metadata.uid));
    const owners = objects.flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    expect(owners.length).toBeGreaterThan(10);
    expect(owners.filter(({ uid }) => !live.has(uid))).toEqual([]);
  });
});
