import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { randomFrom, seeds } from '../testing/random.ts';
import { randomObject } from '../testing/random-objects.ts';
import { contentDigest } from './content-digest.ts';
import type { JsonObject } from './manifest.ts';
import { rawObject } from './object-scanner.ts';
import { serverOwnedMembers } from './server-owned-members.ts';

const digestOf = (object: unknown): string => contentDigest(rawObject(Buffer.from(JSON.stringify(object))));

/** The object without what the server owns, by JSON.parse and stringify. */
function content(object: JsonObject): JsonObject {
  const kept = (within: string, members: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(members).filter(
        ([key]) => !serverOwnedMembers.some((row) => row.within === within && row.member === key),
      ),
    );
  return kept('object', { ...object, metadata: kept('metadata', object['metadata'] as JsonObject) });
}

describe('the content digest', () => {
  test.each(seeds(100))('is that of the text without what the server owns, seed %i', (seed) => {
    const random = randomFrom(seed);
    const object = randomObject(random, { name: 'web', namespace: 'shop', named: true });
    const big = random.chance(0.2) ? { data: 'x'.repeat(70_000) } : {};
    const text = JSON.stringify(content({ ...big, ...object }));
    expect(digestOf({ ...big, ...object })).toBe(createHash('sha256').update(text).digest('base64url'));
  });

  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { x: 'y' } }, data: { k: 'v' } };

  test.each(serverOwnedMembers.map(({ within, member }) => [within, member] as const))(
    'does not change with %s, %s',
    (within, member) => {
      const changed =
        within === 'object'
          ? { ...object, [member]: { any: ['thing'] } }
          : { ...object, metadata: { [member]: 'any', ...object.metadata } };
      expect(digestOf(changed)).toBe(digestOf(object));
    },
  );

  test.each([
    ['a value', { ...object, data: { k: 'w' } }],
    ['a label', { ...object, metadata: { ...object.metadata, labels: { x: 'z' } } }],
    ['a finalizer', { ...object, metadata: { ...object.metadata, finalizers: ['x/y'] } }],
    ['an owner', { ...object, metadata: { ...object.metadata, ownerReferences: [{ uid: 'u' }] } }],
    ['a status that is not the object’s own', { ...object, spec: { status: 1 } }],
    ['a uid that is not the object’s own', { ...object, spec: { metadata: { uid: 1 } } }],
  ])('changes with %s', (_, changed) => {
    expect(digestOf(changed)).not.toBe(digestOf(object));
  });
});
