import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace } from '../support/plugin.ts';

interface Live {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string };
}

async function tarball(files: readonly (readonly [path: string, text: string])[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of files) tar.entry({ name, mtime: new Date('2026-11-21T08:30:00Z') }, text);
  tar.finalize();
  return gzipSync(Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>)));
}

/** As Velero lays a tarball out: each object twice, just as the server gave it. */
function veleroFiles(objects: readonly Live[]): readonly (readonly [string, string])[] {
  const files = objects.flatMap((object): [string, string][] => {
    const { namespace, name } = object.metadata;
    const place = `${namespace === undefined ? 'cluster' : `namespaces/${namespace}`}/${name}.json`;
    const type = `resources/${object.kind.toLowerCase()}s`;
    const text = JSON.stringify(object);
    return [
      [`${type}/${place}`, text],
      [`${type}/v1-preferredversion/${place}`, text],
    ];
  });
  return [['metadata/version', '1.1.0\n'], ...files];
}

await describeOnCluster("other tools' backups", {}, (on) => {
  const objects: Live[] = [];

  beforeAll(async () => {
    const kubectl = (args: readonly string[]): ReturnType<typeof on.cluster.kubectl> => on.cluster.kubectl(args);
    await kubectl(['create', 'namespace', 'shop']);
    await kubectl(['create', 'configmap', 'settings', '-n', 'shop', '--from-literal=colour=red']);
    await kubectl(['create', 'configmap', 'gone', '-n', 'shop', '--from-literal=a=b']);
    await kubectl(['create', 'secret', 'generic', 'password', '-n', 'shop', '--from-literal=word=secret']);
    const wanted = [
      ['namespace/kube-system', ''],
      ['namespace/shop', ''],
      ['configmap/settings', 'shop'],
      ['configmap/gone', 'shop'],
      ['secret/password', 'shop'],
    ] as const;
    for (const [name, namespace] of wanted) {
      const { stdout } = await kubectl(['get', name, ...(namespace === '' ? [] : ['-n', namespace]), '-o', 'json']);
      objects.push(JSON.parse(stdout) as Live);
    }
  });

  async function change(): Promise<void> {
    const kubectl = (args: readonly string[]): ReturnType<typeof on.cluster.kubectl> => on.cluster.kubectl(args);
    await kubectl(['patch', 'configmap', 'settings', '-n', 'shop', '-p', '{"data":{"colour":"blue"}}']);
    await kubectl(['delete', 'configmap', 'gone', '-n', 'shop', '--ignore-not-found']);
  }

  it("one of Velero's is listed, shown, compared, restored, checked and copied", async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const folder = join(workplace.home, 'bucket/backups/nightly');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'nightly.tar.gz'), await tarball(veleroFiles(objects)));
    const status = { phase: 'Completed', startTimestamp: '2026-11-20T02:00:00Z', progress: { itemsBackedUp: 5 } };
    const description = { apiVersion: 'velero.io/v1', kind: 'Backup', metadata: { name: 'nightly' }, spec: {}, status };
    await writeFile(join(folder, 'velero-backup.json'), JSON.stringify(description));
    const from = ['--from', join(workplace.home, 'bucket')];

    expect(await workplace.succeed('list', ...from)).toMatch(/nightly .*Velero/);
    expect(await workplace.succeed('describe', 'nightly', ...from)).toContain('Velero');
    expect(await workplace.succeed('get', 'nightly', 'cm', '-n', 'shop', ...from, '-o', 'name')).toBe(
      'configmap/gone\nconfigmap/settings\n',
    );
    expect(await workplace.succeed('verify', 'nightly', ...from)).toContain('5 objects');

    await change();
    const diff = await workplace.run('diff', 'nightly', ...from);
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(/-.*blue/);
    expect(diff.stdout).toMatch(/\+.*red/);
    await workplace.succeed('restore', 'nightly', ...from, '--yes');
    expect((await workplace.run('diff', 'nightly', ...from)).exitCode).toBe(0);

    await workplace.succeed('copy', 'nightly', ...from, '--as', 'adopted');
    await workplace.succeed('verify', 'adopted');
    expect((await workplace.run('diff', 'adopted')).exitCode).toBe(0);

    const out = join(workplace.home, 'out');
    const written = await workplace.succeed('copy', 'adopted', '--format', 'rancher', '--to', out, '-o', 'name');
    const archive = join(out, written.trim());
    expect((await workplace.run('diff', archive)).exitCode).toBe(0);
    await workplace.succeed('copy', archive, '--as', 'yaml', '--format', 'manifests', '--to', out);
    expect((await workplace.run('diff', join(out, 'yaml'))).exitCode).toBe(0);
    await on.cluster.kubectl(['apply', '-R', '-f', join(out, 'yaml/shop'), '--dry-run=server']);
  });

  it("one of Rancher's operator is compared and restored, and the workloads of its ResourceSet are taken over", async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const uid = objects.find(({ metadata }) => metadata.name === 'kube-system')!.metadata.uid!;
    const resourceSet = {
      ...{ apiVersion: 'resources.cattle.io/v1', kind: 'ResourceSet', metadata: { name: 'shop-set' } },
      resourceSelectors: [{ apiVersion: 'v1', kindsRegexp: '^(configmaps|secrets)$', namespaces: ['shop'] }],
      controllerReferences: [{ apiVersion: 'apps/v1', resource: 'deployments', name: 'web', namespace: 'shop' }],
    };
    const files = objects
      .filter(({ kind }) => kind !== 'Namespace')
      .map(({ metadata: { uid: _uid, ...metadata }, ...object }): [string, string] => [
        `${object.kind.toLowerCase()}s.#v1/shop/${metadata.name}.json`,
        JSON.stringify({ ...object, metadata }),
      ]);
    const path = join(workplace.home, `hourly-${uid}-2026-11-21T08-30-00Z.tar.gz`);
    await writeFile(path, await tarball([['filters/filters.json', JSON.stringify(resourceSet)], ...files]));

    await change();
    expect((await workplace.run('diff', path)).exitCode).toBe(1);
    await workplace.succeed('restore', path, '--yes');
    expect((await workplace.run('diff', path)).exitCode).toBe(0);
    const described = JSON.parse(await workplace.succeed('describe', path, '-o', 'json')) as {
      selection: { preset: string; scaleDown: unknown[] };
    };
    expect(described.selection).toMatchObject({ preset: 'shop-set', scaleDown: [{ name: 'web' }] });
  });

  it("one of Rancher's operator at the root of a location is listed and named by its file name, and what is kept lies beside it", async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const bucket = join(workplace.home, 'bucket');
    await mkdir(bucket);
    const name = 'hourly-c8797ff5-6394-11e8-9072-0242ac110002-2026-11-21T08-30-00Z.tar.gz';
    const settings = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'settings')!;
    await writeFile(
      join(bucket, name),
      await tarball([['configmaps.#v1/shop/settings.json', JSON.stringify(settings)]]),
    );
    const from = ['--from', bucket];
    expect(await workplace.succeed('list', ...from)).toMatch(/^hourly-.*\.tar\.gz +\S+ +Rancher /m);
    await change();
    expect((await workplace.run('diff', name, ...from)).exitCode).toBe(1);
    await workplace.succeed('restore', name, ...from, '--yes', '--to-other-cluster');
    expect((await workplace.run('diff', name, ...from)).exitCode).toBe(0);
    expect(await readdir(bucket)).toEqual([name, 'metadata']);
    const [run] = (await workplace.succeed('restores', '-o', 'name')).trim().split('\n');
    await workplace.succeed('undo', run!, '--yes');
    expect((await workplace.run('diff', name, ...from)).exitCode).toBe(1);
  });

  it('a folder of manifests is compared with the cluster and brought to it', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    const folder = join(workplace.home, 'manifests');
    await mkdir(folder);
    await writeFile(
      join(folder, 'shop.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {colour: red}\n---\n' +
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: shop}\ndata: {mode: "0644"}\n',
    );
    await change();
    const diff = await workplace.run('diff', folder);
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(/\+.*red/);
    await workplace.succeed('restore', folder, '--yes', '--to-other-cluster');
    expect((await workplace.run('diff', folder)).exitCode).toBe(0);
    const { stdout } = await on.cluster.kubectl(['get', 'cm', 'more', '-n', 'shop', '-o', 'jsonpath={.data.mode}']);
    expect(stdout).toBe('0644');
  });

  it('what is no backup of any tool is told so', async () => {
    await using workplace = await openWorkplace(on.cluster.clusterAdmin);
    await mkdir(join(workplace.home, 'empty'));
    expect(await workplace.run('describe', join(workplace.home, 'empty'))).toMatchObject({ exitCode: 4 });
    await writeFile(join(workplace.home, 'a.tar.gz'), await tarball([['../../etc/passwd', 'x']]));
    const { exitCode, stderr } = await workplace.run('get', join(workplace.home, 'a.tar.gz'), 'all');
    expect([exitCode, stderr]).toEqual([9, expect.stringContaining('leads out of it')]);
  });
});
