import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type RunningPlugin, type Workplace } from '../support/plugin.ts';

interface Event {
  readonly kind: string;
  readonly shortfall?: { readonly kind: string; readonly type: string };
}

// Without it the API server remembers old lists itself, and learns of a compaction only seconds later.
const apiServerFlags = ['--feature-gates=ListFromCacheSnapshot=false'];

await describeOnCluster('a backup that etcd overtakes by compacting what it reads', { apiServerFlags }, (on) => {
  const namespace = 'compacted';
  let workplace: Workplace;

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await on.cluster.kubectl(['create', 'namespace', namespace]);
    await createConfigMaps(on.cluster, namespace, 400);
  });
  afterAll(() => workplace[Symbol.asyncDispose]());

  const create = (name: string): RunningPlugin =>
    workplace.start(
      ...['create', name, '-n', namespace, '--include-resources', 'cm', '-o', 'json'],
      // Slow enough to be overtaken.
      ...['--chunk-size', '1', '--concurrency', '1'],
    );

  it('once, reads everything again at a newer revision, and is whole', async () => {
    const backup = create('overtaken-once');
    let isCompacted = false;
    for await (const event of eventsOf(backup)) {
      if (event.kind !== 'progress' || isCompacted) continue;
      isCompacted = true;
      await writeAndCompact(on.cluster, namespace);
    }
    const { exitCode, stdout } = await backup.result;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"restarted"');
    expect(await countOf('overtaken-once')).toBe(401);
    await workplace.succeed('verify', 'overtaken-once');
  });

  it('again and again, reads that type at its newest state, says so, and ends as partial', async () => {
    const backup = create('overtaken-always');
    let isRunning = true;
    const compacting = (async () => {
      while (isRunning) await writeAndCompact(on.cluster, namespace);
    })();
    const events: Event[] = [];
    for await (const event of eventsOf(backup)) events.push(event);
    isRunning = false;
    await compacting;
    const { exitCode } = await backup.result;
    expect(exitCode).toBe(3);
    expect(events).toContainEqual(
      expect.objectContaining({ shortfall: expect.objectContaining({ kind: 'later', type: 'configmaps' }) as unknown }),
    );
    expect(await countOf('overtaken-always')).toBe(401);
  });

  async function countOf(backup: string): Promise<number> {
    const names = await workplace.succeed('get', backup, 'cm', '-n', namespace, '-o', 'name');
    return names.trim().split('\n').length;
  }
});

/** The events that the command prints, as they come. */
async function* eventsOf(backup: RunningPlugin): AsyncGenerator<Event> {
  for await (const line of createInterface({ input: backup.process.stdout! })) yield JSON.parse(line) as Event;
}

async function writeAndCompact(cluster: Cluster, namespace: string): Promise<void> {
  const api = cluster.client();
  const touch = { metadata: { annotations: { touched: String(performance.now()) } } };
  await api.request('PATCH', `/api/v1/namespaces/${namespace}`, touch, 'application/merge-patch+json');
  await cluster.etcd.compact();
  api.close();
}

async function createConfigMaps(cluster: Cluster, namespace: string, count: number): Promise<void> {
  const api = cluster.client(cluster.clusterAdmin, 8);
  const create = (index: number): Promise<unknown> =>
    api.expect('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `big-${index}` },
      data: { text: 'x'.repeat(2_000) },
    });
  for (let at = 0; at < count; at += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, offset) => create(at + offset)));
  }
  api.close();
}
