import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

const target = {
  app: 'shop',
  relation_name: 'config-backup',
  model: 'prod',
  spec: {
    include_namespaces: ['shop'],
    include_resources: ['configmaps', 'secrets', 'widgets.example.com'],
    ttl: '72h',
  },
};

const resourceSet = {
  apiVersion: 'resources.cattle.io/v1',
  kind: 'ResourceSet',
  metadata: { name: 'shop-set' },
  resourceSelectors: [
    { apiVersion: 'v1', kindsRegexp: '^(configmaps|secrets)$', excludeKinds: ['Secret'], namespaceRegexp: '^sho' },
    { apiVersion: 'v1', kinds: ['Secret'], namespaces: ['shop'], fieldSelectors: { type: 'example.com/kept' } },
    { apiVersion: 'v1', kinds: ['Namespace'], resourceNames: ['shop'], resourceNameRegexp: '^kube-p' },
    { apiVersion: 'example.com/v1', kindsRegexp: '.' },
    { apiVersion: 'management.cattle.io/v3', kindsRegexp: '.' },
  ],
  controllerReferences: [{ apiVersion: 'apps/v1', resource: 'deployments', name: 'web', namespace: 'shop' }],
};

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

await describeOnCluster("other tools' specifications", {}, (on) => {
  beforeAll(async () => {
    const { cluster } = on;
    for (const namespace of ['shop', 'other']) {
      await cluster.kubectl(['create', 'namespace', namespace]);
      await cluster.kubectl(['create', 'configmap', 'settings', '-n', namespace]);
      await cluster.kubectl(['create', 'secret', 'generic', 'password', '-n', namespace]);
    }
    await cluster.kubectl(['create', 'secret', 'generic', 'kept', '-n', 'shop', '--type', 'example.com/kept']);
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(definition) });
    await cluster.kubectl(['wait', '--for=condition=established', 'crd/widgets.example.com']);
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'one', namespace: 'shop' } };
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(widget) });
  });

  async function withFile(workplace: Workplace, name: string, value: unknown): Promise<string> {
    const path = join(workplace.home, name);
    await writeFile(path, JSON.stringify(value));
    return path;
  }

  const namesIn = async (workplace: Workplace, backup: string): Promise<readonly string[]> =>
    (await workplace.succeed('get', backup, 'all', '-A', '-o', 'name')).trim().split('\n').sort();

  it('a backup target is backed up, kept and labelled as it says', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const file = await withFile(workplace, 'target.json', target);
    await workplace.succeed('create', 'for-shop', '--spec', file);
    expect(await namesIn(workplace, 'for-shop')).toEqual([
      'configmap/kube-root-ca.crt',
      'configmap/settings',
      'customresourcedefinition.apiextensions.k8s.io/widgets.example.com',
      'namespace/shop',
      'secret/kept',
      'secret/password',
      'widget.example.com/one',
    ]);
    const found = await workplace.succeed('list', '-l', 'app=shop,model=prod,relation=config-backup', '-o', 'name');
    expect(found.trim()).toBe('for-shop');
    const { startedAt, expiresAt } = JSON.parse(await workplace.succeed('describe', 'for-shop', '-o', 'json')) as {
      startedAt: string;
      expiresAt: string;
    };
    expect(Date.parse(expiresAt) - Date.parse(startedAt)).toBe(72 * 3_600_000);
  });

  it('a ResourceSet takes exactly what it says, and what is not served is told', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const file = await withFile(workplace, 'set.json', resourceSet);
    expect(await workplace.succeed('create', '--resource-set', file, '--dry-run')).toContain('management.cattle.io/v3');
    await workplace.succeed('create', 'by-set', '--resource-set', file);
    expect(await namesIn(workplace, 'by-set')).toEqual([
      'configmap/kube-root-ca.crt',
      'configmap/settings',
      'namespace/kube-public',
      'namespace/shop',
      'secret/kept',
      'widget.example.com/one',
    ]);
    const { selection } = JSON.parse(await workplace.succeed('describe', 'by-set', '-o', 'json')) as {
      selection: { scaleDown: unknown };
    };
    expect(selection.scaleDown).toEqual([{ type: 'deployments.apps', namespace: 'shop', name: 'web' }]);
  });

  it('a specification that was converted takes the same', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const file = await withFile(workplace, 'target.json', target);
    const taken: Record<string, readonly string[]> = {};
    for (const to of ['infrabackup', 'velero-schedule', 'velero-backup-config', 'resource-set'] as const) {
      const converted = join(workplace.home, `${to}.yaml`);
      const { stdout } = await workplace.run('spec', 'convert', file, '--to', to);
      await writeFile(converted, stdout);
      expect((await readFile(converted, 'utf8')).length).toBeGreaterThan(50);
      await workplace.succeed('create', to, '--spec', converted, '--include-resources', 'configmaps,secrets');
      taken[to] = (await namesIn(workplace, to)).filter((name) => !name.startsWith('namespace/'));
    }
    const expected = ['configmap/kube-root-ca.crt', 'configmap/settings', 'secret/kept', 'secret/password'];
    expect(Object.values(taken)).toEqual(Object.values(taken).map(() => expected));
  });

  const specs: Record<string, readonly string[]> = {
    'a backup target': ['--spec', 'target.json'],
    'a ResourceSet': ['--resource-set', 'set.json'],
    'preset infra': ['--preset', 'infra'],
    'preset all': ['--preset', 'all'],
  };
  it.each(Object.entries(specs))('the roles for %s only read, and are enough for its backup', async (_, flags) => {
    const named = flags[1]!;
    const name = `infrabackup-${named.replace('.json', '')}`;
    await using admin = await openWorkplace(on.cluster.clusterAdmin);
    const files = { 'target.json': target, 'set.json': resourceSet };
    for (const [file, value] of Object.entries(files)) await withFile(admin, file, value);
    const spec = Object.hasOwn(files, named) ? join(admin.home, named) : named;
    const account = `runner-${named.replace('.json', '')}`;
    const bound = ['--name', name, '--service-account', `default/${account}`];
    const manifests = await admin.succeed('spec', 'rbac', spec, ...bound);
    const verbs = manifests.matchAll(/verbs:\n((?: *- \w+\n)+)/g).flatMap(([, list]) => list!.match(/\w+/g) ?? []);
    expect([...new Set(verbs)].sort()).toEqual(['get', 'list']);
    expect(manifests).not.toContain('*');
    const who = ['--as', `system:serviceaccount:default:${account}`];
    const selected = flags.map((flag) => (flag === named ? spec : flag));
    expect((await admin.run('create', 'nothing', ...selected, ...who)).exitCode).not.toBe(0);

    await on.cluster.kubectl(['apply', '-f', '-'], { input: manifests });
    // The authorizer learns of the roles from watches.
    const counted = () => admin.run('create', '--dry-run', ...selected, ...who);
    await expect.poll(async () => (await counted()).exitCode).toBe(0);
    const { exitCode, stderr, stdout } = await admin.run('create', 'least', ...selected, ...who, '-o', 'json');
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(stdout).not.toMatch(/related-unreadable|unlisted/);
    await admin.succeed('create', 'most', ...selected);
    expect(await namesIn(admin, 'least')).toEqual(await namesIn(admin, 'most'));
  });
});
