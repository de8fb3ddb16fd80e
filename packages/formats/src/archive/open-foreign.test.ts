import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  backupFiles,
  encryptionBy,
  formatRef,
  parseEncryptionConfig,
  sealBody,
  type Backup,
  type EncryptionKey,
} from '@infrabackup/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectText, openMemorySpool, sourceOf, storeWith, tarballOf, type TarEntry } from '../testing/tarballs.ts';
import { openForeign, type OpenForeignOptions } from './open-foreign.ts';
import { writeManifests } from './write-manifests.ts';
import { rancherArchive, rancherFileName } from './write-rancher.ts';

const options: OpenForeignOptions = { openSpool: openMemorySpool, namespace: 'default' };
const file = backupFiles('nightly');

async function tarball(
  entries: readonly TarEntry[],
  fileName = 'nightly.tar.gz',
  more: Partial<OpenForeignOptions> = {},
) {
  const found = { kind: 'tarball', archive: sourceOf(await tarballOf(entries), fileName) } as const;
  return (await openForeign(found, { ...options, ...more }))!;
}

async function names(backup: Backup): Promise<readonly string[]> {
  return (await Array.fromAsync(backup.entries())).map(formatRef);
}

async function textOf(backup: Backup, type: string, name: string, namespace?: string): Promise<string> {
  const entry = await backup.find({ type, name, ...(namespace !== undefined && { namespace }) });
  return (await backup.read(entry!)).toString();
}

const deployment = objectText('apps/v1', 'Deployment', 'web', 'shop', { spec: { replicas: 3 } });
const kubeSystem = JSON.stringify({
  ...{ apiVersion: 'v1', kind: 'Namespace' },
  metadata: { name: 'kube-system', uid: '0f0f-uid' },
});
const veleroEntries: readonly (readonly [path: string, text: string])[] = [
  ['metadata/version', '1.1.0\n'],
  ['resources/deployments.apps/namespaces/shop/web.json', deployment],
  ['resources/deployments.apps/v1-preferredversion/namespaces/shop/web.json', deployment],
  ['resources/namespaces/cluster/kube-system.json', kubeSystem],
  ['resources/namespaces/v1-preferredversion/cluster/kube-system.json', kubeSystem],
  [
    'resources/clusterroles.rbac.authorization.k8s.io/cluster/system:node.json',
    objectText('rbac.authorization.k8s.io/v1', 'ClusterRole', 'system:node'),
  ],
];
const everyName = [
  'clusterroles.rbac.authorization.k8s.io/system:node',
  'deployments.apps/web -n shop',
  'namespaces/kube-system',
];
const veleroBackup = {
  ...{ apiVersion: 'velero.io/v1', kind: 'Backup' },
  metadata: {
    ...{ name: 'nightly', labels: { team: 'a' } },
    annotations: { 'velero.io/source-cluster-k8s-gitversion': 'v1.33.7' },
  },
  spec: { includedNamespaces: ['shop'] },
  status: {
    ...{ phase: 'Completed', startTimestamp: '2026-11-20T02:00:00Z', expiration: '2026-12-20T02:00:00Z' },
    ...{ formatVersion: '1.1.0', progress: { itemsBackedUp: 3 } },
  },
};

describe('a backup of Velero', () => {
  it('in a bucket is one of ours, its twins by version left aside', async () => {
    const store = await storeWith({
      [file.archive]: await tarballOf(veleroEntries),
      [file.velero]: JSON.stringify(veleroBackup),
    });
    const backup = (await openForeign({ kind: 'stored', store, name: 'nightly', files: file }, options))!;
    expect(await names(backup)).toEqual(everyName);
    expect(backup.header).toMatchObject({
      ...{ name: 'nightly', tool: 'Velero', startedAt: '2026-11-20T02:00:00Z', expiresAt: '2026-12-20T02:00:00Z' },
      ...{ cluster: { uid: '0f0f-uid', version: 'v1.33.7' }, labels: { team: 'a' } },
    });
    expect(await textOf(backup, 'deployments.apps', 'web', 'shop')).toBe(deployment);
    const type = backup.header.types.find(({ plural }) => plural === 'deployments');
    expect(type).toMatchObject({
      kind: 'Deployment',
      version: 'v1',
      shortNames: ['deploy'],
      count: 1,
      namespaced: true,
    });
  });

  it('has types that a restore can create, with the subresources that their definitions tell', async () => {
    const definition = objectText(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      'widgets.example.com',
      undefined,
      {
        spec: {
          ...{ group: 'example.com', scope: 'Namespaced' },
          names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wi'], categories: ['all'] },
          versions: [
            { name: 'v1', subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas' } } },
            { name: 'v1alpha1' },
          ],
        },
      },
    );
    const backup = await tarball([
      ['resources/customresourcedefinitions.apiextensions.k8s.io/cluster/widgets.example.com.json', definition],
      [
        'resources/widgets.example.com/namespaces/shop/a.json',
        objectText('example.com/v1', 'Widget', 'a', 'shop', { status: { ready: true } }),
      ],
    ]);
    const type = backup.header.types.find(({ plural }) => plural === 'widgets');
    expect(type).toMatchObject({ shortNames: ['wi'], categories: ['all'], subresources: ['status', 'scale'] });
    expect(type?.verbs).toEqual(expect.arrayContaining(['create', 'delete', 'get', 'list', 'patch', 'update']));
  });

  it('without anything beside the tarball is read all the same', async () => {
    const store = await storeWith({ [file.archive]: await tarballOf(veleroEntries) });
    const backup = (await openForeign({ kind: 'stored', store, name: 'nightly', files: file }, options))!;
    expect(await names(backup)).toEqual(everyName);
    expect(backup.header.startedAt).toBe('2026-11-21T08:30:00Z');
  });

  it('as a tarball alone, and of format 1, which has no version and no twins', async () => {
    const old = veleroEntries.filter(([path]) => !/version/.test(path));
    expect(await names(await tarball(old))).toEqual(everyName);
  });

  it('packed by hand, with ./ and folders', async () => {
    const entries: readonly TarEntry[] = [
      [{ name: './', type: 'directory' }],
      [{ name: './resources', type: 'directory' }],
      ...veleroEntries.map(([path, text]): TarEntry => [`./${path}`, text]),
    ];
    expect(await names(await tarball(entries))).toEqual(everyName);
  });

  it.each(['New', 'InProgress', 'Failed'])('that is %s is none yet', async (phase) => {
    const store = await storeWith({
      [file.archive]: await tarballOf(veleroEntries),
      [file.velero]: JSON.stringify({ ...veleroBackup, status: { phase } }),
    });
    await expect(openForeign({ kind: 'stored', store, name: 'nightly', files: file }, options)).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
  });

  it('that is not there is none', async () => {
    const found = { kind: 'stored', store: await storeWith({}), name: 'nightly', files: file } as const;
    expect(await openForeign(found, options)).toBeUndefined();
  });
});

const secret = objectText('v1', 'Secret', 'password', 'shop', { data: { a: 'c2VjcmV0' } });
const resourceSet = {
  ...{ apiVersion: 'resources.cattle.io/v1', kind: 'ResourceSet', metadata: { name: 'rancher-set' } },
  resourceSelectors: [{ apiVersion: 'v1', kindsRegexp: '^secrets$' }],
  controllerReferences: [
    { apiVersion: 'apps/v1', resource: 'deployments', name: 'rancher', namespace: 'cattle-system' },
  ],
};
function keyOf(byte: number): EncryptionKey {
  const configuration = {
    ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' },
    resources: [
      {
        resources: ['secrets'],
        providers: [{ aesgcm: { keys: [{ name: 'key1', secret: Buffer.alloc(32, byte).toString('base64') }] } }],
      },
    ],
  };
  return parseEncryptionConfig(JSON.stringify(configuration), 'config').keys[0]!;
}
const key = keyOf(1);

describe("a backup of Rancher's operator", () => {
  const rancherName = 'nightly-c8797ff5-6394-11e8-9072-0242ac110002-2026-06-03T02-00-00-02-00.tar.gz';
  const entries = (body = secret): readonly TarEntry[] => [
    [{ name: 'filters', type: 'directory' }],
    ['filters/filters.json', JSON.stringify(resourceSet)],
    [{ name: 'secrets.#v1', type: 'directory' }],
    ['secrets.#v1/shop/password.json', body],
    ['deployments.apps#v1/shop/web.json', deployment],
    // Its own restore skips whatever has `filters` in its path.
    [
      'envoyfilters.networking.istio.io#v1alpha3/shop/a.json',
      objectText('networking.istio.io/v1alpha3', 'EnvoyFilter', 'a', 'shop'),
    ],
    ['configmaps.#v1/shop/fluent-filters.json', objectText('v1', 'ConfigMap', 'fluent-filters', 'shop')],
  ];
  const all = [
    'configmaps/fluent-filters -n shop',
    'deployments.apps/web -n shop',
    'envoyfilters.networking.istio.io/a -n shop',
    'secrets/password -n shop',
  ];

  it('tells its cluster, its time and its ResourceSet', async () => {
    const backup = await tarball(entries(), rancherName);
    expect(await names(backup)).toEqual(all);
    expect(backup.header).toMatchObject({
      ...{ tool: "Rancher's backup operator", startedAt: '2026-06-03T04:00:00Z' },
      cluster: { uid: 'c8797ff5-6394-11e8-9072-0242ac110002' },
      selection: { preset: 'rancher-set', scaleDown: [{ type: 'deployments.apps', name: 'rancher' }] },
      warnings: [{ kind: 'secrets-in-clear', count: 1 }],
    });
  });

  it('made by hand, without filters and on many lines, is one too', async () => {
    const pretty = JSON.stringify(JSON.parse(secret), undefined, 2);
    const backup = await tarball([['secrets.#v1/shop/password.json', pretty]]);
    expect(await textOf(backup, 'secrets', 'password', 'shop')).toBe(secret);
  });

  it('that is encrypted is opened with the key, and no Secret of it counts as clear', async () => {
    const body = sealBody(
      Buffer.from(secret),
      { type: 'secrets', namespace: 'shop', name: 'password' },
      key,
    ).toString();
    const backup = await tarball(entries(body), `${rancherName}.enc`, { keyring: { keys: [key] } });
    expect(await textOf(backup, 'secrets', 'password', 'shop')).toBe(secret);
    expect(backup.header.warnings).toEqual([]);
    // A copy of it would be encrypted too.
    expect(backup.header.encryption?.keys).toMatchObject([{ name: 'key1', cipher: 'aesgcm', types: ['secrets'] }]);
  });

  it('that is encrypted says which key it takes', async () => {
    const body = sealBody(
      Buffer.from(secret),
      { type: 'secrets', namespace: 'shop', name: 'password' },
      key,
    ).toString();
    await expect(tarball(entries(body))).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining('key1') as string,
    });
    await expect(tarball(entries(body), undefined, { keyring: { keys: [keyOf(2)] } })).rejects.toMatchObject({
      code: 'KEY_WRONG',
    });
  });
});

describe('what is written for another tool', () => {
  const uid = 'c8797ff5-6394-11e8-9072-0242ac110002';
  const given = () =>
    tarball(
      [
        ['filters/filters.json', JSON.stringify(resourceSet)],
        ['secrets.#v1/shop/password.json', secret],
        ['deployments.apps#v1/shop/web.json', deployment],
      ],
      `nightly-${uid}-2026-06-03T02-00-00Z.tar.gz`,
    );

  it("is read back the same, by the rules of Rancher's operator", async () => {
    const backup = await given();
    const packed = Buffer.concat(await Array.fromAsync(rancherArchive(backup, undefined)));
    const back = (await openForeign(
      { kind: 'tarball', archive: sourceOf(packed, rancherFileName(backup.header, false)) },
      options,
    ))!;
    expect(await names(back)).toEqual(await names(backup));
    expect(back.header).toMatchObject({ cluster: { uid }, startedAt: '2026-06-03T02:00:00Z' });
    expect(back.header.selection).toEqual(backup.header.selection);
    expect(await textOf(back, 'secrets', 'password', 'shop')).toBe(secret);
  });

  it('is encrypted where that is asked for', async () => {
    const backup = await given();
    const encryption = encryptionBy({ rules: [{ resources: ['secrets'], key }], keys: [key] });
    const packed = Buffer.concat(await Array.fromAsync(rancherArchive(backup, encryption)));
    const archive = sourceOf(packed, rancherFileName(backup.header, true));
    const found = { kind: 'tarball', archive } as const;
    await expect(openForeign(found, options)).rejects.toMatchObject({ code: 'KEY_MISSING' });
    const back = (await openForeign(found, { ...options, keyring: { keys: [key] } }))!;
    expect(await textOf(back, 'secrets', 'password', 'shop')).toBe(secret);
  });

  it('fails with what keeps an object from being read', async () => {
    const backup = await given();
    const broken: Backup = {
      ...backup,
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await
      async *readMany() {
        throw new Error('locked');
      },
    };
    await expect(Array.fromAsync(rancherArchive(broken, undefined))).rejects.toThrow('locked');
  });

  it('as manifests is a file an object, without what the server owns', async () => {
    const store = await storeWith({});
    expect(await writeManifests(await given(), store, 'nightly')).toBe(2);
    const keys = (await Array.fromAsync(store.list(''))).map(({ key: found }) => found);
    expect(keys).toEqual(['nightly/shop/deployments.apps/web.yaml', 'nightly/shop/secrets/password.yaml']);
    expect((await store.read(keys[1]!)).toString()).toBe(
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: password\n  namespace: shop\ndata:\n  a: c2VjcmV0\n',
    );
    await expect(writeManifests(await given(), store, 'nightly')).rejects.toMatchObject({ code: 'STORE_EXISTS' });
  });
});

describe('a folder of manifests', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'infrabackup-manifests-'));
    const put = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    await put(
      'app/web.yaml',
      `${toYaml(deployment)}---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: "0644"}\n`,
    );
    await put('app/list.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [JSON.parse(kubeSystem)] }));
    await put('widgets.yml', 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: big}\nspec: {number: 7}\n');
    await put(
      'crd.json',
      JSON.stringify({
        ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
        metadata: { name: 'widgetries.example.com' },
        spec: { group: 'example.com', scope: 'Cluster', names: { plural: 'widgetries', kind: 'Widget' } },
      }),
    );
    await put('kustomization.yaml', 'resources: [app/web.yaml]\n');
    await put('.git/config.yaml', 'not: an object\n');
    await put('README.md', 'text');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is a backup: documents, lists and folders are taken apart, and namespaces filled in', async () => {
    const backup = (await openForeign({ kind: 'path', uri: folder }, { ...options, namespace: 'mine' }))!;
    expect(await names(backup)).toEqual([
      'configmaps/settings -n mine',
      'customresourcedefinitions.apiextensions.k8s.io/widgetries.example.com',
      'deployments.apps/web -n shop',
      'namespaces/kube-system',
      'widgetries.example.com/big',
    ]);
    expect(JSON.parse(await textOf(backup, 'configmaps', 'settings', 'mine'))).toMatchObject({
      ...{ metadata: { namespace: 'mine' }, data: { mode: '0644' } },
    });
  });

  it('may be one file', async () => {
    const backup = (await openForeign({ kind: 'path', uri: join(folder, 'app/web.yaml') }, options))!;
    expect(await names(backup)).toEqual(['configmaps/settings -n default', 'deployments.apps/web -n shop']);
  });

  it('asks the cluster for kinds that nothing tells of', async () => {
    const served = {
      ...{
        group: 'example.com',
        version: 'v1',
        kind: 'Widget',
        plural: 'widgetz',
        singular: 'widget',
        namespaced: true,
      },
      ...{ shortNames: [], categories: [], verbs: ['list'], subresources: [], servedVersions: ['v1'] },
    };
    const found = { kind: 'path', uri: join(folder, 'widgets.yml') } as const;
    expect(await names((await openForeign(found, { ...options, discover: () => Promise.resolve([served]) }))!)).toEqual(
      ['widgetz.example.com/big -n default'],
    );
    expect(await names((await openForeign(found, options))!)).toEqual(['widgets.example.com/big']);
  });

  it('follows no link out of it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'infrabackup-links-'));
    await symlink(join(folder, 'app'), join(outside, 'app'));
    await symlink(join(folder, 'widgets.yml'), join(outside, 'widgets.yml'));
    expect(await openForeign({ kind: 'path', uri: outside }, options)).toBeUndefined();
    await rm(outside, { recursive: true });
  });
});

/** JSON is YAML, but this is what people write. */
function toYaml(json: string): string {
  const { apiVersion, kind, metadata, spec } = JSON.parse(json) as Record<string, unknown>;
  return `apiVersion: ${String(apiVersion)}\nkind: ${String(kind)}\nmetadata: ${JSON.stringify(metadata)}\nspec: ${JSON.stringify(spec)}\n`;
}
