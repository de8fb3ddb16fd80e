import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { createRandom } from '../fixtures/random.ts';
import { snapshotCluster, snapshotDifferences, type ClusterSnapshot } from '../support/cluster-snapshot.ts';
import { startFaultProxy, type Fault, type FaultProxy, type PassingRequest } from '../support/fault-proxy.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

const seed = Number(process.env['INFRABACKUP_SEED'] ?? Date.now() % 1_000_000);

/** What a command ends with when the cluster fails it: docs/exit-codes.md. */
const clusterExit = 7;

await describeOnCluster('diff, restore and undo', {}, (on) => {
  /** Its way to the cluster is the proxy. */
  let workplace: Workplace;
  let proxy: FaultProxy;
  let drifted: ClusterSnapshot;
  let usualDiff: string;
  const random = createRandom(seed);
  const kubectl = async (...args: string[]): Promise<string> => (await on.cluster.kubectl(args)).stdout;
  const apply = (...items: object[]): Promise<unknown> =>
    on.cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  const snapshot = () => snapshotCluster(on.cluster.client(), { settled: true });
  const configMap = (i: number, data: object): object => {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `cm-${i}`, namespace: 'lab' }, data };
  };
  const service = (i: number, port: number): object => {
    const metadata = { name: `svc-${i}`, namespace: 'lab' };
    return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port }] } };
  };
  const scope = ['-n', 'lab,gone', '--include-cluster-resources', '--prune', '--existing', 'replace'];
  /** The newest run of any kind. */
  const newest = async (): Promise<string> =>
    (await workplace.succeed('restores', '-o', 'name')).trim().split('\n')[0]!;

  beforeAll(async () => {
    process.stderr.write(`\nrestore-bears-a-failing-network: INFRABACKUP_SEED=${seed}\n`);
    proxy = await startFaultProxy(on.cluster);
    workplace = await openWorkplace(proxy.user);
    const few = Array.from({ length: 30 }, (_, i) => i);
    for (const namespace of ['lab', 'gone']) await kubectl('create', 'namespace', namespace);
    await apply(...few.map((i) => configMap(i, { a: '1' })), ...few.slice(0, 5).map((i) => service(i, 80)));
    await kubectl('-n', 'gone', 'create', 'configmap', 'inside');
    await kubectl('-n', 'lab', 'create', 'role', 'reader', '--verb=get', '--resource=pods');
    await kubectl('-n', 'lab', 'create', 'rolebinding', 'readers', '--role=reader', '--serviceaccount=lab:default');
    await workplace.succeed('create', 'nightly');

    await kubectl('delete', 'namespace', 'gone');
    await apply(...few.slice(0, 10).map((i) => configMap(i, { a: '2' })), service(0, 81));
    await kubectl('-n', 'lab', 'delete', 'configmap', 'cm-20', 'cm-21');
    await kubectl('-n', 'lab', 'delete', 'service', 'svc-3');
    await apply(configMap(100, { extra: 'yes' }), configMap(101, { extra: 'yes' }));
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
    usualDiff = (await workplace.run('diff', 'nightly', ...scope)).stdout;
    expect(usualDiff).toContain('cm-100');
    return async () => {
      await workplace[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    };
  });

  /** Refuses each token once it has been used that often. */
  const expiring = (uses: number) => {
    const used = new Map<string, number>();
    return ({ token }: PassingRequest): Fault | undefined => {
      used.set(token, (used.get(token) ?? 0) + 1);
      return used.get(token)! > uses ? { kind: 'refused', code: 401, reason: 'Unauthorized' } : undefined;
    };
  };
  /** Forgets, once a collection and command, the revision of a list before its second page. */
  const compacting = () => {
    const collections = new Set<string>();
    return ({ path }: PassingRequest): Fault | undefined => {
      const [collection = '', query = ''] = path.split('?');
      if (!query.includes('continue=') || collections.has(collection)) return undefined;
      collections.add(collection);
      return { kind: 'refused', code: 410, reason: 'Expired' };
    };
  };
  const oneIn = (n: number, fault: Fault) => (request: PassingRequest) =>
    request.earlier % 3 === 0 && random.below(n) === 0 ? fault : undefined;
  const faults: readonly (readonly [string, (request: PassingRequest) => Fault | undefined])[] = [
    [
      'tells them that they are being throttled',
      oneIn(8, { kind: 'refused', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 }),
    ],
    ['fails before it has done what it was asked', oneIn(6, { kind: 'refused', code: 500, reason: 'InternalError' })],
    ['fails after it has done what it was asked', oneIn(6, { kind: 'failed-after' })],
    ['is overloaded', oneIn(6, { kind: 'refused', code: 503, reason: 'ServiceUnavailable' })],
    ['cannot be reached now and then', oneIn(6, { kind: 'cut-before' })],
    ['does what it was asked, and its answer is lost', oneIn(6, { kind: 'cut-after' })],
    ['does what it was asked, and half of its answer is lost', oneIn(6, { kind: 'cut-within' })],
    ['lets credentials expire', expiring(60)],
    ['is slow', oneIn(2, { kind: 'slow', delayMs: 300 })],
  ];
  describe.each(faults)('through a server that %s', (_name, fault) => {
    it('come to the same end as on a quiet day', async () => {
      proxy.fault = fault;
      proxy.befallen = 0;
      const diff = await workplace.run('diff', 'nightly', ...scope);
      expect([diff.exitCode, diff.stdout]).toEqual([1, usualDiff]);
      const restored = await workplace.run('restore', 'nightly', ...scope, '--yes', '-o', 'name');
      expect([restored.exitCode, restored.exitCode === 0 ? '' : restored.stderr], `seed ${seed}`).toEqual([0, '']);
      proxy.fault = () => undefined;
      expect(await workplace.run('diff', 'nightly', ...scope)).toMatchObject({ exitCode: 0, stdout: '' });

      proxy.fault = fault;
      const undone = await workplace.run('undo', restored.stdout.trim(), '--yes');
      expect([undone.exitCode, undone.exitCode === 0 ? '' : undone.stderr], `seed ${seed}`).toEqual([0, '']);
      proxy.fault = () => undefined;
      expect(snapshotDifferences(drifted, await snapshot()), `seed ${seed}`).toEqual([]);
      expect(proxy.befallen).toBeGreaterThan(5);
    });
  });

  it('read a list from its beginning when the server has forgotten what it began with', async () => {
    proxy.pageSize = 10;
    proxy.fault = compacting();
    expect(await workplace.run('diff', 'nightly', ...scope)).toMatchObject({ exitCode: 1, stdout: usualDiff });
    expect(proxy.befallen).toBeGreaterThan(0);
    proxy.fault = compacting();
    const id = (await workplace.succeed('restore', 'nightly', ...scope, '--yes', '-o', 'name')).trim();
    proxy.fault = compacting();
    await workplace.succeed('undo', id, '--yes');
    proxy.pageSize = undefined;
    proxy.fault = () => undefined;
    expect(snapshotDifferences(drifted, await snapshot())).toEqual([]);
  });

  describe.each<[string, Fault]>([
    ['is gone', { kind: 'cut-before' }],
    ['takes the credential no more', { kind: 'refused', code: 401, reason: 'Unauthorized' }],
    ['only fails', { kind: 'refused', code: 503, reason: 'ServiceUnavailable' }],
  ])('when the server %s in mid-way', (_name, fault) => {
    it('say how to go on, and go on once it is back, by the same command', async () => {
      const commands = { restore: ['restore', 'nightly', ...scope, '--yes'], undo: ['undo', '', '--yes'] };
      for (const [verb, command] of Object.entries(commands)) {
        if (verb === 'undo') command[1] = await newest();
        let writes = 0;
        proxy.fault = ({ method, path }) => {
          const isWrite = method !== 'GET' && !path.includes('dryRun') && !path.includes('accessreviews');
          if (isWrite) writes++;
          return writes > 12 ? fault : undefined;
        };
        const cut = await workplace.run(...command);
        expect(cut.exitCode, cut.stderr).toBe(clusterExit);
        expect(cut.stderr).toMatch(
          new RegExp(`${verb} \\S+ is not finished; to go on: kubectl infrabackup restore --resume`),
        );
        proxy.fault = () => undefined;
        const again = await workplace.run(...command);
        expect([again.exitCode, again.exitCode === 0 ? '' : again.stderr]).toEqual([0, '']);
        expect(again.stderr).toContain('going on with');
        const expected = verb === 'restore' ? 0 : 1;
        expect((await workplace.run('diff', 'nightly', ...scope)).exitCode).toBe(expected);
      }
      expect(snapshotDifferences(drifted, await snapshot())).toEqual([]);
    });
  });
});
