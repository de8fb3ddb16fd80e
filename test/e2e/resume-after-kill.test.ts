import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { createRandom } from '../fixtures/random.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { killAt, startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

/** How often each of restore and undo is to be killed; more often where too few were caught in mid-way. */
const kills = Number(process.env['INFRABACKUP_KILLS'] ?? 4);
const seed = Number(process.env['INFRABACKUP_SEED'] ?? Date.now() % 1_000_000);
const objects = 60;

await describeOnCluster('a restore that is killed', {}, (on) => {
  let workplace: Workplace;
  /** Where undo leads, and where restore leads. */
  let drifted: ClusterSnapshot;
  let restored: ClusterSnapshot;
  const random = createRandom(seed);
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const apply = (...items: object[]): Promise<unknown> =>
    on.cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  /** The snapshot once the controllers have given the namespace that came back what they give each. */
  const snapshotAfterRestore = async (): Promise<ClusterSnapshot> => {
    await vi.waitFor(() => kubectl('-n', 'gone', 'get', 'configmap', 'kube-root-ca.crt'), { timeout: 30_000 });
    return snapshot();
  };
  const configMap = (namespace: string, i: number, data: object): object => {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}`, namespace }, data };
  };
  const service = (i: number, port: number): object => {
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `svc-${i}`, namespace: 'lab' },
      spec: { ports: [{ port }] },
    };
  };
  const journals = () => journalsIn(join(workplace.home, 'state', 'infrabackup', 'restores'));
  /**
   * Runs the plugin and kills it at a random moment: of a quarter of the runs while they plan, of the others once they
   * write. False when it was faster, and then that is how fast it may be.
   */
  const runAndKill = async (usual: Usual, ...args: string[]): Promise<boolean> => {
    const before = await journals();
    const running = workplace.start(...args);
    const progress = { isOver: false };
    const ended = running.result.then(() => (progress.isOver = true));
    if (random.below(4) === 0) await sleep(random.below(usual.planMs));
    else {
      while (!progress.isOver && (await journals()) === before) await sleep(5);
      const sinceMs = performance.now();
      await Promise.race([sleep(random.below(usual.writeMs)), ended]);
      if (progress.isOver) usual.writeMs = Math.ceil(performance.now() - sinceMs);
    }
    running.process.kill('SIGKILL');
    return (await running.result).exitCode === undefined;
  };
  /** Runs it to its end. */
  const measured = async (...args: string[]): Promise<Usual> => {
    const startedMs = performance.now();
    await workplace.succeed(...args);
    const halfMs = Math.ceil((performance.now() - startedMs) / 2);
    return { planMs: halfMs, writeMs: halfMs };
  };
  const restore = [
    'restore',
    'nightly',
    '-n',
    'lab,gone',
    '--include-cluster-resources',
    '--prune',
    '--existing',
    'replace',
    '--yes',
  ];
  const newest = async (): Promise<string> =>
    (await workplace.succeed('restores', '-o', 'name')).trim().split('\n')[0]!;
  let usual: { restore: Usual; undo: Usual };

  beforeAll(async () => {
    process.stderr.write(`\nresume-after-kill: INFRABACKUP_SEED=${seed} INFRABACKUP_KILLS=${kills}\n`);
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    for (const namespace of ['lab', 'gone']) await kubectl('create', 'namespace', namespace);
    const indexes = Array.from({ length: objects }, (_, i) => i);
    await apply(...indexes.flatMap((i) => [configMap('lab', i, { a: '1' }), configMap('gone', i, { a: '1' })]));
    await apply(...indexes.slice(0, 10).map((i) => service(i, 80)));
    await kubectl('-n', 'lab', 'create', 'role', 'reader', '--verb=get', '--resource=pods');
    await kubectl('-n', 'lab', 'create', 'rolebinding', 'readers', '--role=reader', '--serviceaccount=lab:default');
    await workplace.succeed('create', 'nightly');

    await kubectl('delete', 'namespace', 'gone');
    await apply(...indexes.slice(0, 30).map((i) => configMap('lab', i, { a: '2', b: '3' })));
    for (const i of [40, 41, 42]) await kubectl('-n', 'lab', 'delete', 'configmap', `cm-${i}`);
    await apply(...[100, 101, 102].map((i) => configMap('lab', i, { extra: 'yes' })));
    await apply(...indexes.slice(0, 5).map((i) => service(i, 81)));
    await kubectl('-n', 'lab', 'delete', 'rolebinding', 'readers');
    await kubectl(
      '-n',
      'lab',
      'create',
      'rolebinding',
      'readers',
      '--clusterrole=view',
      '--serviceaccount=lab:default',
    );
    drifted = await snapshot();
    const usualRestore = await measured(...restore);
    restored = await snapshotAfterRestore();
    const usualUndo = await measured('undo', await newest(), '--yes');
    usual = { restore: usualRestore, undo: usualUndo };
    expect(snapshotDifferences(drifted, await snapshot())).toEqual([]);
    return async () => workplace[Symbol.asyncDispose]();
  });

  it(
    `comes to the same end when it is run again, and so does its undo, ${kills} times at random moments`,
    { timeout: 120_000 + 4 * kills * 90_000 },
    async () => {
      let killedRestores = 0;
      let killedUndos = 0;
      const killedOfEach = (): number => Math.min(killedRestores, killedUndos);
      for (let round = 0; round < kills || (killedOfEach() <= kills / 4 && round < 4 * kills); round++) {
        if (await runAndKill(usual.restore, ...restore)) killedRestores++;
        const { exitCode, stderr } = await workplace.run(...restore);
        expect([exitCode, exitCode === 0 ? '' : stderr], `seed ${seed}, round ${round}: restore`).toEqual([0, '']);
        const afterRestore = snapshotDifferences(restored, await snapshotAfterRestore());
        expect(afterRestore, `seed ${seed}, round ${round}: restore`).toEqual([]);

        const id = await lastRestore(workplace);
        if (await runAndKill(usual.undo, 'undo', id, '--yes')) killedUndos++;
        const undone = await workplace.run('undo', id, '--yes');
        expect(
          [undone.exitCode, undone.exitCode === 0 ? '' : undone.stderr],
          `seed ${seed}, round ${round}: undo`,
        ).toEqual([0, '']);
        const afterUndo = snapshotDifferences(drifted, await snapshot());
        expect(afterUndo, `seed ${seed}, round ${round}: undo`).toEqual([]);
      }
      process.stderr.write(`killed ${killedRestores} restores and ${killedUndos} undos in mid-way\n`);
      expect(killedOfEach()).toBeGreaterThan(kills / 4);
    },
  );

  it('can be undone though it was never finished', async () => {
    let killed = false;
    while (!killed) {
      killed = await runAndKill(usual.restore, ...restore);
      const [newestRun] = await runs(workplace);
      killed &&= newestRun?.status === 'unfinished';
      if (!killed) await workplace.run('undo', newestRun!.head.id, '--yes');
    }
    const { exitCode, stderr } = await workplace.run('undo', await newest(), '--yes');
    expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
    expect(snapshotDifferences(drifted, await snapshot()), `seed ${seed}`).toEqual([]);
  });
});

await describeOnCluster('a restore that is killed when it has taken an object away to create it anew', {}, (on) => {
  let workplace: Workplace;
  let proxy: FaultProxy;
  let drifted: ClusterSnapshot;
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  const restore = ['restore', 'nightly', '-n', 'lab', '--existing', 'replace', '--yes'];
  const bind = (role: string) =>
    kubectl('-n', 'lab', 'create', 'rolebinding', 'readers', role, '--serviceaccount=lab:default');
  const killInBetween = async (): Promise<void> => {
    await killAt(
      proxy,
      workplace.start(...restore),
      ({ method, path }) => method === 'POST' && path.includes('/rolebindings?') && !path.includes('dryRun'),
    );
    expect(await kubectl('-n', 'lab', 'get', 'rolebindings', '-o', 'name')).toBe('');
  };

  beforeAll(async () => {
    proxy = await startFaultProxy(on.cluster);
    workplace = await openWorkplace(proxy.user);
    await kubectl('create', 'namespace', 'lab');
    await bind('--clusterrole=edit');
    await workplace.succeed('create', 'nightly');
    await kubectl('-n', 'lab', 'delete', 'rolebinding', 'readers');
    await bind('--clusterrole=view');
    drifted = await snapshot();
    return async () => {
      await workplace[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    };
  });

  it('is undone with that object put back', async () => {
    await killInBetween();
    const [newest] = await runs(workplace);
    await workplace.succeed('undo', newest!.head.id, '--yes');
    expect(snapshotDifferences(drifted, await snapshot())).toEqual([]);
  });

  it('creates it when the same restore goes on', async () => {
    await killInBetween();
    await workplace.succeed(...restore);
    expect(await workplace.run('diff', 'nightly', '-n', 'lab')).toMatchObject({ exitCode: 0, stdout: '' });
  });
});

/** About how long a run takes that nobody kills: before its first write, and from there on. */
interface Usual {
  readonly planMs: number;
  writeMs: number;
}

async function journalsIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith('journal.jsonl')).length;
}

interface Run {
  readonly head: { readonly id: string; readonly kind: string };
  readonly status: string;
}

async function runs(workplace: Workplace): Promise<readonly Run[]> {
  return (JSON.parse(await workplace.succeed('restores', '-o', 'json')) as { items: Run[] }).items;
}

async function lastRestore(workplace: Workplace): Promise<string> {
  return (await runs(workplace)).find(({ head }) => head.kind === 'restore')!.head.id;
}
