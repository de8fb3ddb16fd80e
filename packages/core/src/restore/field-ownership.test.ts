import { describe, expect, it } from 'vitest';
import type { JsonObject, Manifest } from '../object/manifest.ts';
import { entriesAfterUpdate, isSameOwnership, planOwnership } from './field-ownership.ts';

const fields = { 'f:data': {} };
const updated = (manager: string, more: JsonObject = {}): JsonObject => {
  return { manager, operation: 'Update', apiVersion: 'v1', fieldsV1: fields, time: '2026-01-01T00:00:00Z', ...more };
};
const applied = (manager: string, more: JsonObject = {}): JsonObject => {
  return { ...updated(manager, more), operation: 'Apply' };
};
const object = (...managedFields: JsonObject[]): Manifest => {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', managedFields } };
};

describe('planOwnership', () => {
  it.each([
    ['an object that nobody owns needs no second write', [], { verb: 'create', manager: undefined }, false],
    ['one updater is written in its name', [updated('kubectl')], { verb: 'create', manager: 'kubectl' }, false],
    ['one applier applies what it owned', [applied('flux')], { verb: 'apply', manager: 'flux', fields }, false],
    ['two managers need a second write', [updated('a'), updated('b')], { verb: 'create', manager: 'a' }, true],
    ['an applier beside an updater too', [applied('a'), updated('b')], { verb: 'create', manager: 'b' }, true],
    [
      'an applier of another version creates, then hands over',
      [applied('flux', { apiVersion: 'v1beta1' })],
      { verb: 'create', manager: 'flux' },
      true,
    ],
    [
      'who scaled it counts as an owner',
      [updated('a'), updated('hpa', { subresource: 'scale' })],
      { verb: 'create', manager: 'a' },
      true,
    ],
    [
      'who wrote the status does not, while the status is left',
      [updated('a'), updated('kcm', { subresource: 'status' }), applied('x', { subresource: 'status' })],
      { verb: 'create', manager: 'a' },
      false,
    ],
  ])('%s', (_, entries, main, needsSecondWrite) => {
    expect(planOwnership('configmaps', object(...entries), false)).toMatchObject({ main, needsSecondWrite });
  });

  it('writes a restored status in the name of the one who wrote it', () => {
    const plan = planOwnership('configmaps', object(updated('a'), updated('kcm', { subresource: 'status' })), true);
    expect(plan).toMatchObject({ statusManager: 'kcm', needsSecondWrite: false });
  });

  it('needs a second write where several wrote the restored status', () => {
    const entries = [updated('a'), updated('x', { subresource: 'status' }), updated('y', { subresource: 'status' })];
    expect(planOwnership('configmaps', object(...entries), true)).toMatchObject({ needsSecondWrite: true });
  });

  it('never creates a Service from its owned fields: the cluster IP belongs to nobody and could not be set later', () => {
    expect(planOwnership('services', object(applied('flux')), false)).toMatchObject({
      main: { verb: 'create', manager: 'flux' },
      needsSecondWrite: true,
    });
  });

  it('takes entries that are none for absent', () => {
    expect(planOwnership('configmaps', object({ nonsense: 1 }), false).main).toEqual({ verb: 'create' });
  });
});

it('entriesAfterUpdate keeps the live writer of a status that is left alone, and drops the old one', () => {
  const backup = object(updated('a'), updated('old', { subresource: 'status' }));
  const live = object(updated('b'), updated('new', { subresource: 'status' }));
  const names = entriesAfterUpdate(backup, live, { status: true, scale: false }).map((entry) => entry['manager']);
  expect(names).toEqual(['a', 'new']);
});

describe('isSameOwnership', () => {
  it('does not mind the order and the times', () => {
    const later = updated('a', { time: '2027-01-01T00:00:00Z' });
    expect(isSameOwnership([updated('a'), applied('b')], [applied('b'), later])).toBe(true);
  });

  it('minds another manager', () => {
    expect(isSameOwnership([updated('a')], [updated('b')])).toBe(false);
  });
});
