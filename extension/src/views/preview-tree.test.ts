import { defaultRestoreOptions, verdicts, type PlannedObject, type RestorePlan, type Verdict } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { isPicked, pick, type Preview, type PreviewTreeNode } from './preview-nodes.ts';
import { describeWrites, PreviewTree } from './preview-tree.ts';

const object = (verdict: Verdict, type: string, namespace: string | undefined, name: string): PlannedObject => ({
  ref: { type, ...(namespace !== undefined && { namespace }), name },
  verdict,
  notes: [],
  place: { tier: 0, depth: 0 },
  ...(verdict === 'skip' && { reason: { kind: 'exists' } as const }),
});

const objects = [
  object('create', 'configmaps', 'shop', 'worker'),
  object('create', 'configmaps', 'shop', 'batch'),
  object('create', 'clusterroles.rbac.authorization.k8s.io', undefined, 'reader'),
  object('update', 'deployments.apps', 'shop', 'web'),
  object('skip', 'secrets', 'shop', 'token'),
];

function previewOf(planned: readonly PlannedObject[]): Preview {
  const count = (verdict: Verdict): number => planned.filter((one) => one.verdict === verdict).length;
  const cluster = { version: 'v1.36.3', server: 'https://127.0.0.1:6443' };
  const plan: RestorePlan = {
    id: 'plan-1',
    key: 'key',
    plannedAt: '2026-11-21T09:30:00Z',
    backup: { name: 'nightly', cluster, takenAt: '2026-11-21T08:30:00Z' },
    cluster,
    otherCluster: false,
    options: defaultRestoreOptions,
    types: {},
    objects: planned,
    counts: Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])) as RestorePlan['counts'],
    warnings: [],
    missingRights: [],
  };
  const location = { name: 'local', uri: 'file:///srv/backups' };
  return { kind: 'restore', plan, context: 'prod', location, title: 'nightly', picked: new Set() };
}

describe('PreviewTree', () => {
  it('groups changes by verdict, namespace and type, what changes first, and says why the rest does not', async () => {
    const preview = previewOf(objects);
    const tree = new PreviewTree(() => [preview]);
    const [root] = await tree.children();
    pick(root!, true);
    expect(await drawn(tree)).toEqual([
      '[x] Preview: nightly (prod · 4 changes)',
      '  [x] Will be created (3)',
      '    [x] Cluster-scoped (1)',
      '      [x] clusterroles.rbac.authorization.k8s.io (1)',
      '        [x] reader',
      '    [x] shop (2)',
      '      [x] configmaps (2)',
      '        [x] batch',
      '        [x] worker',
      '  [x] Will be changed (1)',
      '    [x] shop (1)',
      '      [x] deployments.apps (1)',
      '        [x] web',
      '  Left alone (1)',
      '    shop (1)',
      '      secrets (1)',
      expect.stringMatching(/^ {8}token \(.+\)$/) as string,
    ]);
  });

  it('picks all that is under a row, and a row is picked when all under it are', async () => {
    const preview = previewOf(objects);
    const tree = new PreviewTree(() => [preview]);
    const [root] = await tree.children();
    const [created] = await tree.children(root);
    const [, shop] = await tree.children(created);
    pick(shop!, true);
    expect([...preview.picked]).toEqual(['configmaps/shop/worker', 'configmaps/shop/batch']);
    expect([isPicked(shop!), isPicked(created!), isPicked(root!)]).toEqual([true, false, false]);
    pick(root!, true);
    expect(preview.picked.size).toBe(4);
    pick(created!, false);
    expect([...preview.picked]).toEqual(['deployments.apps/shop/web']);
    expect(tree.view(root!).description).toBe('prod · 4 changes, 1 picked');
  });

  it('shows a group of thousands page by page', async () => {
    const many = Array.from({ length: 1_200 }, (_, i) => object('create', 'configmaps', 'bulk', `item-${i}`));
    const tree = new PreviewTree(() => [previewOf(many)]);
    const [root] = await tree.children();
    const [created] = await tree.children(root);
    const [bulk] = await tree.children(created);
    const [type] = await tree.children(bulk);
    const rows = await tree.children(type);
    expect(tree.view(rows.at(-1)!).label).toBe('Show more (700 left)');
    if (type?.kind !== 'group') throw new Error('there is no group');
    tree.showMore(type);
    expect(await tree.children(type)).toHaveLength(1_001);
  });

  it('names each change to a screen reader with its type and verdict, not by a colour', async () => {
    const tree = new PreviewTree(() => [previewOf(objects.slice(3, 4))]);
    let [row] = await tree.children();
    for (let depth = 0; depth < 4; depth++) [row] = await tree.children(row);
    expect(tree.view(row!).accessibleName).toBe('deployments.apps web, changed');
  });
});

describe('describeWrites', () => {
  it('counts what would change and nothing else', () => {
    expect(describeWrites(previewOf(objects).plan.counts)).toBe('3 created, 1 changed');
  });
});

async function drawn(tree: PreviewTree, node?: PreviewTreeNode, depth = 0): Promise<string[]> {
  const rows: string[] = [];
  for (const child of await tree.children(node)) {
    const { label, description, isPicked: picked } = tree.view(child);
    const box = picked === undefined ? '' : picked ? '[x] ' : '[ ] ';
    rows.push(`${'  '.repeat(depth)}${box}${label}${description === undefined ? '' : ` (${description})`}`);
    rows.push(...(await drawn(tree, child, depth + 1)));
  }
  return rows;
}
