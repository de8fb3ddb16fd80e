import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { ApiClient } from './api-client.ts';
import { defaultVersion, oldestVersion } from './binaries.ts';
import { startCluster } from './cluster.ts';
import { readCommandLines } from './command-lines.ts';
import { CommandError } from './run-command.ts';
import { describeOnCluster } from './suite.ts';
import { temporaryFolder } from './temporary-folder.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

/** Processes whose arguments name the folder. */
async function processesOf(folder: string): Promise<string[]> {
  return (await readCommandLines()).filter((line) => line.includes(folder));
}

async function statusOf(api: ApiClient, path: string): Promise<number> {
  return (await api.request('GET', path)).status;
}

for (const version of [defaultVersion, oldestVersion]) {
  await describeOnCluster('a test cluster', { version }, (on) => {
    it('is of the version that was asked for, server and kubectl', async () => {
      const { stdout } = await on.cluster.kubectl(['version', '--output=json']);
      const { clientVersion, serverVersion } = JSON.parse(stdout) as Record<string, { gitVersion: string }>;
      expect([clientVersion?.gitVersion, serverVersion?.gitVersion]).toEqual([`v${version}`, `v${version}`]);
    });

    it('lets the cluster administrator do everything, by RBAC and not by being a master', async () => {
      const { stdout: may } = await on.cluster.kubectl(['auth', 'can-i', '*', '*', '--all-namespaces']);
      expect(may.trim()).toBe('yes');
      const { stdout: self } = await on.cluster.kubectl(['auth', 'whoami', '--output=json']);
      const { username, groups } = (
        JSON.parse(self) as { status: { userInfo: { username: string; groups: string[] } } }
      ).status.userInfo;
      expect([username, groups]).toEqual(['platform-engineer', ['system:authenticated']]);
    });

    it('refuses a user of one namespace everywhere else', async () => {
      const user = await on.cluster.namespaceUser('one-team');
      await on.cluster.kubectl(['create', 'configmap', 'mine'], { user });
      const outside = on.cluster.kubectl(['get', 'configmaps', '--namespace=default'], { user });
      await expect(outside).rejects.toThrow(/Forbidden.*cannot list resource "configmaps"/);
    });

    it('lets a user with rules of its own do just that', async () => {
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
      const user = await on.cluster.namespaceUser('reading-team', rules);
      await on.cluster.kubectl(['get', 'configmaps'], { user });
      await expect(on.cluster.kubectl(['get', 'secrets'], { user })).rejects.toBeInstanceOf(CommandError);
    });

    it('tells a user whose priority level is full to come back later', async () => {
      await on.cluster.kubectl(['apply', '--server-side', '--filename=-'], { input: oneSeatFor('impatient') });
      const impatient = on.cluster.client(await on.cluster.user({ name: 'impatient' }), 50);
      await vi.waitFor(async () => {
        const flood = Array.from({ length: 200 }, () => statusOf(impatient, '/api/v1/namespaces'));
        expect(await Promise.all(flood)).toContain(429);
      }, 20_000);
      impatient.close();
    });

    it('has controllers at work: a dependent goes with its owner, a namespace with what is in it', async () => {
      const api = on.cluster.client(on.cluster.clusterAdmin);
      const owner = await api.expect<{ metadata: { uid: string } }>('POST', configMaps, {
        metadata: { name: 'owner' },
      });
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
      await api.expect('POST', configMaps, { metadata: { name: 'dependent', ownerReferences } });
      await on.cluster.kubectl(['create', 'namespace', 'short-lived']);
      await on.cluster.kubectl(['create', 'configmap', 'inside', '--namespace=short-lived']);

      await api.expect('DELETE', `${configMaps}/owner`);
      await on.cluster.kubectl(['delete', 'namespace', 'short-lived', '--timeout=60s']);

      await vi.waitFor(async () => expect(await statusOf(api, `${configMaps}/dependent`)).toBe(404), 20_000);
      api.close();
    });

    it('answers 410 for what was before a compaction', async () => {
      const api = on.cluster.client(on.cluster.clusterAdmin);
      const before = await on.cluster.etcd.revision();
      await api.expect('POST', configMaps, { metadata: { name: 'after' } });
      const old = `${configMaps}?resourceVersion=${before}&resourceVersionMatch=Exact&limit=1`;
      expect(await statusOf(api, old)).toBe(200);

      expect(await on.cluster.etcd.compact()).toBeGreaterThan(before);

      // Up to 15 s from 1.34 on.
      await vi.waitFor(async () => expect(await statusOf(api, old)).toBe(410), { timeout: 25_000, interval: 250 });
      api.close();
    });
  });
}

await describeOnCluster('clusters side by side', {}, (on) => {
  it('share nothing', async () => {
    await using other = await startCluster();
    await on.cluster.kubectl(['create', 'namespace', 'only-here']);
    await expect(other.kubectl(['get', 'namespace', 'only-here'])).rejects.toThrow('NotFound');
    const stranger = other.client(on.cluster.clusterAdmin);
    await expect(stranger.request('GET', '/api')).resolves.toMatchObject({ status: 401 });
    stranger.close();
  });

  it('leave no process and no folder when they are stopped, also when that is done twice', async () => {
    const other = await startCluster();
    expect(await processesOf(other.folder)).not.toEqual([]);
    await other.stop();
    await other.stop();
    expect(await processesOf(other.folder)).toEqual([]);
    expect(existsSync(other.folder)).toBe(false);
  });

  it('take flags for their API server', async () => {
    await using other = await startCluster({
      apiServerFlags: ['--runtime-config=api/alpha=true', '--feature-gates=ListFromCacheSnapshot=false'],
    });
    const { stdout } = await other.kubectl(['api-versions']);
    expect(stdout).toContain('internal.apiserver.k8s.io/v1alpha1');
    // With the feature off the API server has no memory of its own, and a compaction counts at once.
    const before = await other.etcd.revision();
    const api = other.client();
    await api.expect('POST', configMaps, { metadata: { name: 'after' } });
    await other.etcd.compact();
    expect(await statusOf(api, `${configMaps}?resourceVersion=${before}&resourceVersionMatch=Exact`)).toBe(410);
    api.close();
  });

  it('say which program ended and why when a flag is wrong', async () => {
    const failure = startCluster({ apiServerFlags: ['--no-such-flag'] });
    await expect(failure).rejects.toThrow(/kube-apiserver of the test cluster ended:[^]*unknown flag: --no-such-flag/);
  });

  it('go on from a snapshot with the same objects, accounts and authority', async () => {
    const snapshot = join(await temporaryFolder('snapshot'), 'kept');
    const first = await startCluster();
    await first.kubectl(['create', 'configmap', 'kept', '--from-literal=key=value']);
    const { stdout: token } = await first.kubectl(['create', 'token', 'default', '--duration=24h']);
    await first.stopIntoSnapshot(snapshot);
    expect(existsSync(first.folder)).toBe(false);

    await using second = await startCluster({ snapshot });
    await using third = await startCluster({ snapshot });
    for (const copy of [second, third]) {
      const { stdout } = await copy.kubectl(['get', 'configmap', 'kept', '--output=jsonpath={.data.key}']);
      expect(stdout).toBe('value');
      const api = copy.client();
      const review = await api.expect('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        spec: { token: token.trim() },
      });
      expect(review).toMatchObject({ status: { user: { username: 'system:serviceaccount:default:default' } } });
      api.close();
    }
  });
});

await describeOnCluster('npm run cluster', {}, () => {
  const main = join(import.meta.dirname, 'main.ts');

  async function startMain(): Promise<{ child: ReturnType<typeof spawn>; folder: string; kubeconfig: string }> {
    const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const kubeconfig = /^export KUBECONFIG=(.*)\n$/.exec(line.toString())?.[1] ?? '';
    return { child, kubeconfig, folder: dirname(kubeconfig) };
  }

  it('prints the line for KUBECONFIG, and ends everything on Ctrl-C', async () => {
    const { child, folder, kubeconfig } = await startMain();
    expect(existsSync(kubeconfig)).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await processesOf(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves no process and no folder when it is killed with kill -9', async () => {
    const { child, folder } = await startMain();
    const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'lifeline.sh'];
    const running = (await processesOf(folder)).join('\n');
    for (const program of programs) expect(running).toContain(program);

    child.kill('SIGKILL');

    await vi.waitFor(async () => expect(await processesOf(folder)).toEqual([]), { timeout: 10_000, interval: 50 });
    expect(existsSync(folder)).toBe(false);
  });

  it.each([300, 600, 900, 1_500])('leaves nothing when it is killed %i ms after its start', async (delayMs) => {
    const TMPDIR = await temporaryFolder('killed');
    const child = spawn(process.execPath, [main], { stdio: 'ignore', env: { ...process.env, TMPDIR } });
    await sleep(delayMs);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // A watcher that has just been forked still goes by the name of its parent.
    const nothing = { processes: [], names: [] };
    const left = async () => ({ processes: await processesOf(TMPDIR), names: await readdir(TMPDIR) });
    await vi.waitFor(async () => expect(await left()).toEqual(nothing), { timeout: 10_000, interval: 50 });
  });

  it('explains itself', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'ignore'] });
    expect(await text(child.stdout)).toMatch(/--version VERSION[^]*--fixtures[^]*--objects N[^]*--flag FLAG/);
  });
});

/** A priority level of as few seats as there can be, for one user; whoever finds them taken is refused. */
function oneSeatFor(user: string): string {
  return `
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: { name: one-seat }
spec: { type: Limited, limited: { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: Reject } } }
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: { name: one-seat }
spec:
  matchingPrecedence: 2
  priorityLevelConfiguration: { name: one-seat }
  rules:
    - subjects: [{ kind: User, user: { name: ${user} } }]
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }]
`;
}
