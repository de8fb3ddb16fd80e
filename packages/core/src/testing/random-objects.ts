import type { Json, JsonObject } from '../object/manifest.ts';
import { serverOwnedMembers } from '../object/server-owned-members.ts';
import type { Random } from './random.ts';

const odd = [
  'plain',
  'with "quotes"',
  'back\\slash',
  'line\nbreak',
  'ünï',
  '日本',
  '🦊',
  '{[',
  ']}',
  ',:',
  '\u0001',
  '\\"',
  '',
];
const keys = ['a', 'name', 'metadata', 'uid', 'status', 'items', 'kind', 'sp ec', 'k"q', 'ключ', 'managedFields', ''];

/** Any JSON value, nested at most `depth` deep, rich in what a cutter of bytes may trip over. */
function randomJson(random: Random, depth: number): Json {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -1.5, 1e21, 123456789]);
    case 3:
    case 4:
      return random.pick(odd) + random.pick(odd);
    case 5:
      return Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1));
    default:
      return randomMembers(random, depth);
  }
}

function randomMembers(random: Random, depth: number): JsonObject {
  return Object.fromEntries(
    Array.from({ length: random.below(5) }, () => [random.pick(keys), randomJson(random, depth - 1)]),
  );
}

/** What an object is asked for in {@link randomObject}. */
export interface RandomObjectShape {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** Whether it says its own `apiVersion` and `kind`, as custom resources do. */
  readonly named?: boolean;
}

/** A Kubernetes object with any members in any order, among them any choice of those that the server owns. */
export function randomObject(random: Random, shape: RandomObjectShape): JsonObject {
  const owned = (within: string): [string, Json][] =>
    serverOwnedMembers
      .filter((row) => row.within === within && row.member !== 'uid' && random.chance(0.5))
      .map((row) => [row.member, randomJson(random, 3)]);
  const some = <T extends Json>(member: string, value: T): [string, T][] =>
    random.chance(0.5) ? [[member, value]] : [];
  const metadata = shuffled(random, [
    ['name', shape.name],
    ...(shape.namespace === undefined ? [] : [['namespace', shape.namespace] as [string, Json]]),
    ...some('uid', `uid-${random.below(1e9)}`),
    ...some('labels', { app: random.pick(odd), tier: 'x' }),
    ...some('annotations', { note: random.pick(odd) }),
    ...some(
      'ownerReferences',
      Array.from({ length: random.below(3) }, (_, i) => ({
        apiVersion: 'v1',
        kind: 'K',
        name: `o${i}`,
        uid: `owner-${i}`,
      })),
    ),
    ...some('finalizers', ['x/y']),
    ...owned('metadata'),
  ]);
  return Object.fromEntries(
    shuffled(random, [
      ...(shape.named === true
        ? ([
            ['apiVersion', 'example.com/v1'],
            ['kind', 'Example'],
          ] as [string, Json][])
        : []),
      ['metadata', Object.fromEntries(metadata)],
      ...some('spec', randomJson(random, 4)),
      ...some('data', randomMembers(random, 2)),
      ...owned('object'),
    ]),
  );
}

/** The same entries in another order. */
export function shuffled<T>(random: Random, entries: readonly T[]): T[] {
  const left = [...entries];
  return Array.from(entries, () => left.splice(random.below(left.length), 1)[0]!);
}

/** The bytes in pieces of any length, the empty one included. */
export function* randomChunks(random: Random, bytes: Buffer): Generator<Buffer> {
  const longest = random.pick([1, 3, 17, 500, 100_000]);
  for (let at = 0; at < bytes.length;) {
    const length = random.below(longest + 1);
    // A copy of its own, overwritten once it is consumed: a cutter that keeps the chunk itself is caught.
    const chunk = Buffer.from(bytes.subarray(at, at + length));
    yield chunk;
    chunk.fill(0);
    at += length;
  }
}
