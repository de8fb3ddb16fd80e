import { describe, expect, it } from 'vitest';
import { narrowPlan } from './narrow-plan.ts';
import { defaultRestoreOptions } from './restore-options.ts';
import { verdicts, type PlannedObject, type RestorePlan, type Verdict } from './restore-plan.ts';

const object = (verdict: Verdict, type: string, namespace: string, name: string): PlannedObject => ({
  ref: { type, namespace, name },
  verdict,
  notes: [],
  place: { tier: 0, depth: 0 },
});

const objects = [
  object('update', 'configmaps', 'shop', 'web'),
  object('create', 'configmaps', 'shop', 'worker'),
  object('create', 'secrets', 'billing', 'token'),
  object('skip', 'secrets', 'shop', 'left'),
];

const plan: RestorePlan = {
  id: '20261121-093000-7f3a',
  key: 'k',
  plannedAt: '2026-11-21T09:30:00Z',
  backup: { name: 'nightly', cluster: { version: 'v1.36.3', server: 's' }, takenAt: '2026-11-21T08:30:00Z' },
  cluster: { version: 'v1.36.3', server: 's' },
  otherCluster: false,
  options: defaultRestoreOptions,
  types: {},
  objects,
  counts: { ...(Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>), create: 2 },
  warnings: [],
  missingRights: [
    { verb: 'create', type: 'secrets', namespace: 'billing' },
    { verb: 'create', type: 'configmaps', namespace: 'shop' },
  ],
};

describe('narrowPlan', () => {
  it('leaves out what was not picked, and keeps the id, the order and what is not written', () => {
    const narrowed = narrowPlan(plan, ({ ref }) => ref.name === 'web');
    expect(narrowed.id).toBe(plan.id);
    expect(narrowed.objects).toEqual([objects[0], objects[3]]);
    expect(narrowed.counts).toMatchObject({ update: 1, create: 0, skip: 1 });
  });

  it('forgets missing rights that only left-out changes need', () => {
    expect(narrowPlan(plan, ({ ref }) => ref.type === 'configmaps').missingRights).toEqual([plan.missingRights[1]]);
  });
});
