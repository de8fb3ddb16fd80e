import { AppError, openBackup, openMemoryStore, type Manifest, type Store } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { configMap, sampleBackup } from '../testing/sample-location.ts';
import type { BackupTreeNode } from './backup-nodes.ts';
import { BackupTree, type BackupTreeOptions } from './backup-tree.ts';
import { parseFilter } from './object-filter.ts';
import { pageSize } from './pager.ts';

const namespace = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'token', namespace: 'shop' },
  data: { a: 'YWFhYWFhYWE=' },
};

const smallCluster = {
  namespaces: () => [namespace('billing'), namespace('shop')],
  configmaps: () => [configMap('billing', 'rates'), configMap('shop', 'web'), configMap('shop', 'worker')],
  secrets: () => [secret],
};

describe('BackupTree', () => {
  it('shows locations, backups, namespaces, types and objects, each with what a person needs to choose', async () => {
    const tree = treeOver(await sampleBackup(smallCluster));
    expect(await drawn(tree)).toEqual([
      'local',
      '  nightly (2 hours ago · 6 objects)',
      '    Cluster-scoped (2)',
      '      Namespace (2)',
      '        billing',
      '        shop',
      '    billing (1)',
      '      ConfigMap (1)',
      '        rates',
      '    shop (3)',
      '      ConfigMap (2)',
      '        web',
      '        worker',
      '      Secret (1)',
      '        token',
    ]);
  });

  it('shows only what has every word of the filter, and counts that', async () => {
    const tree = treeOver(await sampleBackup(smallCluster), { filter: () => parseFilter('SHOP w') });
    expect((await drawn(tree)).slice(2)).toEqual([
      '    shop (2)',
      '      ConfigMap (2)',
      '        web',
      '        worker',
    ]);
  });

  it('says so when nothing passes the filter', async () => {
    const tree = treeOver(await sampleBackup(smallCluster), { filter: () => parseFilter('nothing-like-it') });
    expect((await drawn(tree)).slice(2)).toEqual(['    Nothing here passes the filter']);
  });

  it('has no row at all while no location has a backup, so that the view can say what to do', async () => {
    expect(await treeOver(openMemoryStore()).children()).toEqual([]);
  });

  it('shows a location that cannot be read with its reason, beside one that can', async () => {
    const store = await sampleBackup(smallCluster);
    const tree = new BackupTree({
      ...options(store),
      locations: () =>
        Promise.resolve(
          ['local', 'locked'].map((name) => ({ name, uri: `file:///srv/${name}`, isBuiltIn: name === 'local' })),
        ),
      openStore: (location) =>
        location === 'locked'
          ? Promise.reject(new AppError('STORE_DENIED', 'may not read /srv/locked', { hint: 'ls -ld /srv/locked' }))
          : Promise.resolve(store),
    });
    const [, locked] = await tree.children();
    const [notice] = await tree.children(locked);
    expect(tree.view(notice!)).toMatchObject({
      label: 'may not read /srv/locked',
      flags: ['notice', 'failed'],
      facts: [['What to do', 'ls -ld /srv/locked']],
      accessibleName: 'Problem: may not read /srv/locked',
    });
  });

  it('shows a backup that is damaged, first, and does not open it', async () => {
    const store = await sampleBackup(smallCluster);
    await sampleBackup(smallCluster, 'older', store, '2026-11-20T08:30:00Z');
    await store.replace('backups/older/older-summary.json', Buffer.from('{}'));
    const tree = treeOver(store);
    const [location] = await tree.children();
    const backups = await tree.children(location);
    expect(backups.map((node) => tree.view(node)).map(({ label, flags, expands }) => [label, flags, expands])).toEqual([
      ['older', ['backup', 'broken'], 'never'],
      ['nightly', ['backup', 'complete'], 'on-demand'],
    ]);
  });

  it('shows a backup of another tool among the others, and reads it when it is opened, once', async () => {
    const store = await sampleBackup(smallCluster, 'ours', openMemoryStore(), '2026-11-20T08:30:00Z');
    const theirs = await sampleBackup(smallCluster, 'theirs');
    const head = {
      ...{ name: 'theirs', tool: 'Velero', startedAt: '2026-11-21T08:30:00Z', labels: { team: 'shop' } },
      ...{ cluster: { version: 'v1.36.3', server: '' }, selection: { rules: [] } },
    };
    let reads = 0;
    const tree = treeOver(store, {
      listOthers: () => Promise.resolve([{ name: 'theirs', tool: 'Velero', objects: 6, head }]),
      openBackup: async (_, name) => {
        reads++;
        return { ...(await openBackup(theirs, name)), summary: undefined };
      },
    });
    const [location] = await tree.children();
    const [first] = await tree.children(location);
    expect(tree.view(first!)).toMatchObject({
      label: 'theirs',
      description: '2 hours ago · 6 objects · Velero',
      flags: ['backup', 'other'],
      accessibleName: 'Backup theirs, made by Velero, taken 2 hours ago, 6 objects',
    });
    expect(reads).toBe(0);
    const rows = await walk(tree, first);
    expect(rows.map(({ node }) => tree.view(node).label)).toContain('web');
    tree.refresh();
    await walk(tree, first);
    expect((await tree.opened.openByName('local', 'theirs')).header.name).toBe('theirs');
    expect(reads).toBe(1);
  });

  it('lists the newest backup first, and finds a new one after a refresh', async () => {
    const store = await sampleBackup(smallCluster, 'b', openMemoryStore(), '2026-11-20T08:30:00Z');
    const tree = treeOver(store);
    const names = async (): Promise<string[]> => {
      const [location] = await tree.children();
      return (await tree.children(location)).map((node) => tree.view(node).label);
    };
    expect(await names()).toEqual(['b']);
    await sampleBackup(smallCluster, 'a', store);
    tree.refresh();
    expect(await names()).toEqual(['a', 'b']);
  });

  it('gives every row an id of its own, the same after a refresh, and a name for screen readers', async () => {
    const tree = treeOver(await sampleBackup(smallCluster));
    const ids = async (): Promise<string[]> => (await walk(tree)).map(({ node }) => tree.view(node).id);
    const before = await ids();
    expect(new Set(before).size).toBe(before.length);
    tree.refresh();
    expect(await ids()).toEqual(before);
    for (const { node } of await walk(tree)) expect(tree.view(node).accessibleName).not.toBe('');
  });

  it('opens a type of many objects by its first page, without reading the archive or much of the index', async () => {
    const count = 20_000;
    const many = function* (): Generator<Manifest> {
      for (let i = 0; i < count; i++) yield configMap('bulk', `object-${String(i).padStart(6, '0')}`);
    };
    const store = await sampleBackup({ configmaps: many });
    const read = { archiveBytes: 0, indexBytes: 0 };
    const tree = treeOver(metered(store, read));
    const startedMs = performance.now();
    const [location] = await tree.children();
    const [backup] = await tree.children(location);
    const [bulk] = await tree.children(backup);
    const [type] = await tree.children(bulk);
    const rows = await tree.children(type);
    const tookMs = performance.now() - startedMs;

    expect(rows).toHaveLength(pageSize + 1);
    expect(tree.view(rows.at(-1)!).label).toBe('Show more (19,500 left)');
    expect(read.archiveBytes).toBe(0);
    expect(read.indexBytes).toBeLessThan(512 << 10);
    expect(tookMs).toBeLessThan(1_500);

    if (type?.kind !== 'type') throw new Error('there is no type');
    tree.showMore(type);
    const more = await tree.children(type);
    expect(more).toHaveLength(2 * pageSize + 1);
    expect(tree.view(more[pageSize]!).label).toBe('object-000500');
  }, 60_000);
});

function options(store: Store): BackupTreeOptions {
  return {
    locations: () => Promise.resolve([{ name: 'local', uri: 'file:///srv/backups', isBuiltIn: true }]),
    openStore: () => Promise.resolve(store),
    openBackup: (_, name) => openBackup(store, name),
    listOthers: () => Promise.resolve([]),
    filter: () => undefined,
    nowMs: () => Date.parse('2026-11-21T10:31:00Z'),
  };
}

function treeOver(store: Store, overrides: Partial<BackupTreeOptions> = {}): BackupTree {
  return new BackupTree({ ...options(store), ...overrides });
}

interface Row {
  readonly node: BackupTreeNode;
  readonly depth: number;
}

async function walk(tree: BackupTree, node?: BackupTreeNode, depth = 0): Promise<Row[]> {
  const rows: Row[] = [];
  for (const child of await tree.children(node)) {
    expect(tree.parent(child)).toEqual(node);
    rows.push({ node: child, depth }, ...(await walk(tree, child, depth + 1)));
  }
  return rows;
}

async function drawn(tree: BackupTree): Promise<string[]> {
  return (await walk(tree)).map(({ node, depth }) => {
    const { label, description } = tree.view(node);
    return `${'  '.repeat(depth)}${label}${description === undefined ? '' : ` (${description})`}`;
  });
}

/** The store, counting what is read of archives and indexes. */
function metered(store: Store, read: { archiveBytes: number; indexBytes: number }): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'read') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async (...args: Parameters<Store['read']>) => {
        const bytes = await target.read(...args);
        if (args[0].endsWith('.tar.gz')) read.archiveBytes += bytes.length;
        if (args[0].endsWith('.jsonl.gz')) read.indexBytes += bytes.length;
        return bytes;
      };
    },
  });
}
