import { beforeAll, expect, it } from 'vitest';
import { startCluster } from '../cluster/cluster.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

interface CheckData {
  readonly version: string;
  readonly live: boolean;
  readonly findings: readonly {
    readonly type: string;
    readonly reason: string;
    readonly replacement?: { readonly apiVersion: string; readonly converts: string };
    readonly objects: readonly { readonly name: string }[];
  }[];
}

/** APIs that 1.30 serves where they are switched on: one that 1.36 replaces, one that it dropped for good. */
const alphas = '--runtime-config=storage.k8s.io/v1alpha1=true,networking.k8s.io/v1alpha1=true';

const attributes = `
apiVersion: storage.k8s.io/v1alpha1
kind: VolumeAttributesClass
metadata: { name: fast }
driverName: disk.example.com
parameters: { iops: "4000" }
`;

const widgets = (versions: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
${versions}`;

const version = (name: string, stored: boolean): string => `
    - name: ${name}
      served: true
      storage: ${String(stored)}
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }`;

const widget = `
apiVersion: example.com/v1alpha1
kind: Widget
metadata: { name: one, namespace: default }
`;

const flags = [alphas, '--feature-gates=VolumeAttributesClass=true'];

await describeOnCluster('check of a backup of 1.30', { version: '1.30.14', apiServerFlags: flags }, (on) => {
  let workplace: Workplace;
  const apply = (input: string): Promise<unknown> => on.cluster.kubectl(['apply', '-f', '-'], { input });
  const check = async (at: Workplace, backup: string, ...args: string[]): Promise<CheckData> =>
    JSON.parse((await at.run('check', backup, '-o', 'json', ...args)).stdout) as CheckData;
  const checked = (at: Workplace, ...args: string[]): Promise<CheckData> => check(at, 'old', ...args);

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await apply(attributes);
    await apply(widgets(version('v1alpha1', true)));
    await on.cluster.kubectl(['wait', '--for=condition=Established', 'crd/widgets.example.com']);
    await apply(widget);
    await workplace.succeed('create', 'old');
    await workplace.succeed('create', 'without-definitions', '--exclude-resources', 'customresourcedefinitions');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('takes everything on the cluster that it was made of', async () => {
    const { exitCode, stdout, stderr } = await workplace.run('check', 'old');
    expect(stdout).toBe('');
    expect(stderr).toContain('the cluster (v1.30.14) takes every object of old as it is stored.');
    expect(exitCode).toBe(0);
  });

  it('names what 1.36 removed, what replaces it, and every object that it concerns', async () => {
    const { exitCode, stdout } = await workplace.run('check', 'old', '--target-version', '1.36');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^storage\.k8s\.io\/v1alpha1 +VolumeAttributesClass +1 +not served since 1\.35 +storage\.k8s\.io\/v1 +by its apiVersion alone$/m,
    );
    const { findings, live } = await checked(workplace, '--target-version', '1.36');
    expect(live).toBe(false);
    expect(findings.map(({ type, objects }) => [type, objects.map(({ name }) => name)])).toContainEqual([
      'volumeattributesclasses.storage.k8s.io',
      ['fast'],
    ]);
    // The definition of custom resources is in the backup.
    expect(findings.map(({ type }) => type)).not.toContain('widgets.example.com');
  });

  it('agrees with a real 1.36 on what it does not take, custom resources included', async () => {
    await using upgraded = await startCluster();
    await using there = await openWorkplace(upgraded.clusterAdmin, { XDG_DATA_HOME: `${workplace.home}/data` });
    await upgraded.kubectl(['apply', '-f', '-'], { input: widgets(version('v1', true)) });
    await upgraded.kubectl(['wait', '--for=condition=Established', 'crd/widgets.example.com']);

    const { findings, live, version: checkedVersion } = await checked(there);
    expect([live, checkedVersion]).toEqual([true, 'v1.36.3']);
    const byType = new Map(findings.map((finding) => [finding.type, finding]));
    expect(byType.get('volumeattributesclasses.storage.k8s.io')).toMatchObject({
      reason: 'removed',
      replacement: { apiVersion: 'storage.k8s.io/v1', converts: 'as-is' },
    });
    // A restore would bring the version along with the definition, where the backup has that.
    expect(byType.has('widgets.example.com')).toBe(false);
    const without = (await check(there, 'without-definitions')).findings;
    expect(without.find(({ type }) => type === 'widgets.example.com')).toMatchObject({
      reason: 'not-served',
      replacement: { apiVersion: 'example.com/v1', converts: 'as-is' },
    });

    // Every other type of the backup is one that this server serves in that very version.
    const { stdout } = await upgraded.kubectl(['api-resources', '--no-headers', '-o', 'wide']);
    const { types } = JSON.parse(await workplace.succeed('describe', 'old', '-o', 'json')) as {
      types: readonly { group: string; version: string; kind: string; count: number; plural: string }[];
    };
    const served = new Set(
      stdout.split('\n').map((line) => / (\S*v\d\w*) +(?:true|false) +(\w+) /.exec(line)?.slice(1).join(' ')),
    );
    for (const { group, version: stored, kind, count, plural } of types) {
      const name = group === '' ? plural : `${plural}.${group}`;
      const apiVersion = group === '' ? stored : `${group}/${stored}`;
      const isBrought = name === 'widgets.example.com';
      if (count > 0 && !byType.has(name) && !isBrought) expect(served).toContain(`${apiVersion} ${kind}`);
    }
  });
});
