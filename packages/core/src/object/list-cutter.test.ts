import { describe, expect, test } from 'vitest';
import { randomFrom, seeds } from '../testing/random.ts';
import type { Random } from '../testing/random.ts';
import { randomChunks, randomObject, shuffled } from '../testing/random-objects.ts';
import { isAppError } from '../errors/app-error.ts';
import { ListCutter } from './list-cutter.ts';
import type { ListMetadata } from './list-cutter.ts';
import type { JsonObject } from './manifest.ts';
import { rawObject } from './object-scanner.ts';
import type { RawObject } from './raw-object.ts';
import { serverOwnedMembers } from './server-owned-members.ts';

const example = { apiVersion: 'example.com/v1', kind: 'Example' };

/** What a cutter is to see of one object; taken before the next chunk, since windows do not hold longer. */
interface Seen {
  readonly object: unknown;
  readonly content: unknown;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string | undefined;
  readonly owners: unknown;
  readonly labels: unknown;
  readonly annotations: unknown;
}

function seen(raw: RawObject): Seen {
  const kept: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < raw.contentCuts.length; i += 2) {
    expect(raw.contentCuts[i]).toBeGreaterThanOrEqual(from);
    kept.push(raw.bytes.subarray(from, raw.contentCuts[i]));
    from = raw.contentCuts[i + 1]!;
  }
  kept.push(raw.bytes.subarray(from));
  return {
    object: JSON.parse(raw.bytes.toString()),
    content: JSON.parse(Buffer.concat(kept).toString()),
    name: raw.name,
    namespace: raw.namespace,
    uid: raw.uid,
    owners: raw.ownerReferences(),
    labels: raw.labels(),
    annotations: raw.annotations(),
  };
}

/** The same, by JSON.parse. */
function expected(object: JsonObject): Seen {
  const whole = { ...example, ...object };
  const metadata = whole['metadata' as keyof typeof whole] as unknown as Record<string, unknown>;
  const without = (within: string, members: object): object =>
    Object.fromEntries(
      Object.entries(members).filter(
        ([key]) => !serverOwnedMembers.some((row) => row.within === within && row.member === key),
      ),
    );
  return {
    object: whole,
    content: { ...without('object', whole), metadata: without('metadata', metadata) },
    name: metadata['name'] as string,
    namespace: metadata['namespace'] as string | undefined,
    uid: metadata['uid'] as string | undefined,
    owners: metadata['ownerReferences'] ?? [],
    labels: metadata['labels'] ?? {},
    annotations: metadata['annotations'] ?? {},
  };
}

function cut(chunks: Iterable<Buffer>): { objects: Seen[]; list: ListMetadata } {
  const cutter = new ListCutter(example);
  const objects: Seen[] = [];
  for (const chunk of chunks) objects.push(...cutter.push(chunk).map(seen));
  return { objects, list: cutter.end() };
}

const cutText = (text: string): ReturnType<typeof cut> => cut([Buffer.from(text)]);

function protocolError(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(isAppError(error, 'CLUSTER_PROTOCOL')).toBe(true);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('a list in chunks cut anywhere', () => {
  test.each(seeds(60))('is what JSON.parse sees, seed %i', (seed) => {
    const random = randomFrom(seed);
    const items = Array.from({ length: random.below(12) }, (_, i) =>
      randomObject(random, {
        name: random.pick(['web', 'a.b-c', 'system:node', 'quo"te\\', 'ünï-日本🦊', 'x'.repeat(253)]) + String(i),
        namespace: random.chance(0.7) ? random.pick(['default', 'kube-system', 'n"s']) : undefined,
        named: random.chance(0.3),
      }),
    );
    const metadata = { resourceVersion: '42', continue: 'tök"en', remainingItemCount: 7 };
    const members: [string, unknown][] = [
      ['kind', 'List'],
      ['apiVersion', 'v1'],
      ['metadata', metadata],
      ['items', items],
    ];
    const list = Object.fromEntries(shuffled(random, members));
    const text = JSON.stringify(list, undefined, random.pick([0, 1, '\t', ' \r\n']));

    const result = cut(randomChunks(random, Buffer.from(text)));

    expect(result.objects).toEqual(items.map(expected));
    expect(result.list).toEqual(metadata);
  });

  test.each(seeds(10))('is cut the same one byte at a time and whole, seed %i', (seed) => {
    const text = listText(randomFrom(seed));
    const single = cut(Array.from(Buffer.from(text), (byte) => Buffer.of(byte)));
    expect(single).toEqual(cutText(text));
  });
});

function listText(random: Random): string {
  const items = Array.from({ length: 4 }, (_, i) => randomObject(random, { name: `n${i}` }));
  return JSON.stringify({ kind: 'L', items, metadata: { continue: '\\"ü\\' } });
}

describe('the members of an object', () => {
  test('written with escapes in their keys are found', () => {
    const raw = rawObject(
      Buffer.from('{"\\u006detadata":{"n\\u0061me":"\\u0061\\/b","labels":{"x":"y"}},"st\\u0061tus":{"a":1}}'),
    );
    expect(raw.name).toBe('a/b');
    expect(raw.labels()).toEqual({ x: 'y' });
    expect(raw.bytes.subarray(...(raw.contentCuts as [number, number])).toString()).toBe(',"st\\u0061tus":{"a":1}');
  });

  test('that only look like metadata elsewhere are left alone', () => {
    const object = { spec: { metadata: { name: 'no', managedFields: [1] }, status: 1 }, metadata: { name: 'yes' } };
    const raw = rawObject(Buffer.from(JSON.stringify(object)));
    expect(raw.name).toBe('yes');
    expect(raw.contentCuts).toEqual([]);
  });

  test.each([
    ['is cut out each time', 100, 200],
    ['is refused where there is no end of it', 5_000, undefined],
  ])('that stand in it again and again: %s', (_, times, numbers) => {
    const bytes = Buffer.from(`{${'"status":1,"x":1,'.repeat(times)}"metadata":{"name":"a"}}`);
    if (numbers === undefined) expect(protocolError(() => rawObject(bytes))).toMatch(/again and again/);
    else expect(rawObject(bytes).contentCuts).toHaveLength(numbers);
  });

  test('that are null count as absent', () => {
    const raw = rawObject(
      Buffer.from('{"metadata":{"name":"a","namespace":null,"uid":null,"labels":null,"ownerReferences":null}}'),
    );
    expect([raw.namespace, raw.uid, raw.labels(), raw.ownerReferences()]).toEqual([undefined, undefined, {}, []]);
  });

  test('and the two that built-in types lack in lists are put in, each only where missing', () => {
    const { objects } = cutText(
      '{"items":[{"metadata":{"name":"a"}},{"kind":"Other","metadata":{"name":"b"}},{"apiVersion":"x/v2","metadata":{"name":"c"}}]}',
    );
    expect(objects.map((each) => Object.entries(each.object as object).slice(0, 2))).toEqual([
      [
        ['apiVersion', 'example.com/v1'],
        ['kind', 'Example'],
      ],
      [
        ['apiVersion', 'example.com/v1'],
        ['kind', 'Other'],
      ],
      [
        ['kind', 'Example'],
        ['apiVersion', 'x/v2'],
      ],
    ]);
  });
});

describe('a list', () => {
  test.each([
    ['without items', '{"kind":"L","items":[],"metadata":{"resourceVersion":"5"}}'],
    ['with null for items', '{"kind":"L","metadata":{"resourceVersion":"5"},"items":null}'],
    ['with white space for items', ' {"items" : [ \n ], "metadata":{"resourceVersion":"5","continue":""} }\n'],
  ])('%s has no objects', (_, text) => {
    expect(cutText(text)).toEqual({ objects: [], list: { resourceVersion: '5' } });
  });

  test('whose metadata talk of items is not misled', () => {
    const { objects } = cutText(
      '{"metadata":{"items":[{"x":1}],"continue":"\\"items\\":["},"items":[{"metadata":{"name":"a"}}]}',
    );
    expect(objects.map((each) => each.name)).toEqual(['a']);
  });

  test('tells where the next page begins as soon as its items do', () => {
    const cutter = new ListCutter(example);
    cutter.push(Buffer.from('{"metadata":{"resourceVersion":"5","continue":"x"},"items"'));
    expect(cutter.head()).toBeUndefined();
    cutter.push(Buffer.from(':[{"metadata":'));
    expect(cutter.head()).toEqual({ resourceVersion: '5', continue: 'x' });
    cutter.push(Buffer.from('{"name":"a"}}]'));
    expect(cutter.head()).toEqual({ resourceVersion: '5', continue: 'x' });
  });

  test('however long is cut in the same buffers', () => {
    const cutter = new ListCutter(example);
    cutter.push(Buffer.from('{"items":['));
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 2_000; i++) {
      const comma = i === 0 ? '' : ',';
      const item = Buffer.from(`${comma}{"metadata":{"name":"n${i}"},"data":{"x":"${'y'.repeat(5_000)}"}}`);
      for (const object of cutter.push(item)) buffers.add(object.bytes.buffer);
    }
    expect(buffers.size).toBe(1);
  });

  test('with an object of 3 MiB in small chunks is cut in time linear in its length', () => {
    const item = (mebibytes: number): Buffer =>
      Buffer.from(`{"items":[{"metadata":{"name":"big"},"data":{"x":"${'y'.repeat(mebibytes << 20)}"}}]}`);
    const timeMs = (bytes: Buffer): number => {
      const cutter = new ListCutter(example);
      const began = performance.now();
      let cutCount = 0;
      for (let at = 0; at < bytes.length; at += 1024) cutCount += cutter.push(bytes.subarray(at, at + 1024)).length;
      expect(cutCount).toBe(1);
      return performance.now() - began;
    };
    timeMs(item(3));
    // Copying the object again with each of its 24,576 chunks would move 300 GB.
    expect(timeMs(item(24))).toBeLessThan(3_000);
  });
});

describe('what is no whole list', () => {
  const whole =
    '{"kind":"L","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b\\n"}}],"metadata":{"continue":"x"}}';

  test('is refused wherever it breaks off', () => {
    for (let length = 0; length < whole.length; length++) {
      protocolError(() => cutText(whole.slice(0, length)));
    }
    cutText(whole);
  });

  test.each([
    [
      'a Status',
      '{"kind":"Status","status":"Failure","message":"etcd läuft nicht","code":500}',
      /a Status, not a list: etcd läuft nicht/,
    ],
    ['an item that is no object', '{"items":[1]}', /not an object/],
    ['an item without a name', '{"items":[{"metadata":{}}]}', /without metadata.name/],
    ['an item without metadata', '{"items":[{}]}', /without metadata.name/],
    [
      'an item with a number for a name',
      '{"items":[{"metadata":{"name":1}}]}',
      /metadata.name of an object is no string/,
    ],
    ['two lists', `${whole}${whole}`, /not JSON/],
    ['something endless', `{"data":"${'x'.repeat(2 << 20)}"}`, /no list/],
    ['text', 'no healthy upstream', /not JSON/],
  ])('is refused: %s', (_, text, message) => {
    expect(protocolError(() => cutText(text))).toMatch(message);
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"metadata":{"name":"a"}}x',
    '{"metadata":{"name":"a"}',
    '{"metadata":{"name":"a\\',
  ])('is refused as a single object: %s', (text) => {
    protocolError(() => rawObject(Buffer.from(text)));
  });
});
