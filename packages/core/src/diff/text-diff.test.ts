import { expect, test } from 'vitest';
import type { Manifest } from '../object/manifest.ts';
import { formatTextDiff, readableTexts, textDiff } from './text-diff.ts';

const deployment = (spec: Record<string, unknown>): Manifest => {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', uid: '1', managedFields: [{ manager: 'kubectl' }] },
    spec,
    status: { replicas: 1 },
  };
};

function lines(before: Manifest | undefined, after: Manifest | undefined, contextLines = 0): string[] {
  const diff = textDiff(before, after, { contextLines });
  return diff.kind === 'hunks' ? diff.hunks.flatMap((hunk) => hunk.lines) : [diff.kind];
}

test('shows the lines that differ and those around them', () => {
  const diff = textDiff(deployment({ paused: true, replicas: 1 }), deployment({ paused: true, replicas: 2 }));
  expect(diff).toEqual({
    kind: 'hunks',
    hunks: [
      {
        beforeStart: 4,
        beforeLines: 4,
        afterStart: 4,
        afterLines: 4,
        lines: ['   name: web', ' spec:', '   paused: true', '-  replicas: 1', '+  replicas: 2'],
      },
    ],
  });
});

test('is empty where only hidden fields, the order of members, or the order of keyed lists differ', () => {
  const volumes = [{ name: 'a' }, { name: 'b', emptyDir: {} }];
  const before = deployment({ paused: true, template: { metadata: { creationTimestamp: null }, spec: { volumes } } });
  const after = {
    ...deployment({ template: { metadata: {}, spec: { volumes: volumes.toReversed() } }, paused: true }),
    status: {},
  };
  expect(lines(before, after)).toEqual([]);
});

test('puts a keyed list in the order of the other side, so that only the item that changed shows', () => {
  const spec = (containers: unknown): Record<string, unknown> => ({ template: { spec: { containers } } });
  const before = deployment(
    spec([
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
      { name: 'c', image: '1' },
    ]),
  );
  const after = deployment(
    spec([
      { name: 'c', image: '2' },
      { name: 'd', image: '1' },
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
    ]),
  );
  expect(lines(before, after)).toEqual([
    '-      - image: "1"',
    '+      - image: "2"',
    '+      - image: "1"',
    '+        name: d',
  ]);
});

test('lets another order show where it matters, and sorts the free lists inside all the same', () => {
  const spec = (initContainers: unknown): Record<string, unknown> => ({ template: { spec: { initContainers } } });
  const mounts = [
    { mountPath: '/a', name: 'v' },
    { mountPath: '/b', name: 'v' },
  ];
  const before = deployment(spec([{ name: 'a', volumeMounts: mounts }, { name: 'b' }]));
  const after = deployment(spec([{ name: 'b' }, { name: 'a', volumeMounts: mounts.toReversed() }]));
  expect(lines(before, after)).toEqual(['+      - name: b', '-      - name: b']);
});

test('shows an object that is only on one side whole', () => {
  const created = lines(undefined, deployment({ replicas: 1 }));
  expect(created).toEqual([
    '+apiVersion: apps/v1',
    '+kind: Deployment',
    '+metadata:',
    '+  name: web',
    '+spec:',
    '+  replicas: 1',
  ]);
  expect(formatTextDiff(textDiff(undefined, deployment({})), { title: '', before: '', after: '' })[3]).toBe(
    '@@ -0,0 +1,5 @@',
  );
  expect(lines(deployment({ replicas: 1 }), undefined)).toEqual(created.map((line) => line.replace('+', '-')));
});

test('masks the values of Secrets', () => {
  const secret = (value: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { a: value },
  });
  expect(lines(secret('Zmlyc3Q='), secret('c2Vjb25k'))).toEqual(['-  a: "*** (before)"', '+  a: "*** (after)"']);
});

test('reads long and many-lined values line by line, none of them folded', () => {
  const config = (text: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { text },
  });
  const long = 'word '.repeat(60).trim();
  expect(lines(config(`one\n${long}\nthree\n`), config(`one\n${long}\nfour\n`))).toEqual(['-    three', '+    four']);
});

test('gives up on a pair that nobody would read, and says how long both are', () => {
  const config = (side: string): Manifest => {
    const data = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`key-${i}`, `${side}-${i}`]));
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data };
  };
  const began = performance.now();
  const diff = textDiff(config('a'), config('b'), { timeoutMs: 200 });
  expect(diff).toEqual({ kind: 'too-large', beforeLines: 40_005, afterLines: 40_005 });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('gives both texts for a program that compares them itself, empty for a side that does not exist', () => {
  expect(readableTexts(undefined, deployment({ replicas: 1 }))).toEqual([
    '',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n',
  ]);
});

test('reads as a unified diff under the names of both sides', () => {
  const sides = { title: 'update deployments.apps/web -n shop', before: 'live', after: 'nightly' };
  const diff = textDiff(deployment({ replicas: 1 }), deployment({ replicas: 2 }), { contextLines: 1 });
  expect(formatTextDiff(diff, sides)).toEqual([
    'diff update deployments.apps/web -n shop',
    '--- live',
    '+++ nightly',
    '@@ -5,2 +5,2 @@',
    ' spec:',
    '-  replicas: 1',
    '+  replicas: 2',
  ]);
  expect(formatTextDiff({ kind: 'hunks', hunks: [] }, sides)).toEqual([]);
  expect(formatTextDiff({ kind: 'too-large', beforeLines: 7, afterLines: 9 }, sides)).toEqual([
    'diff update deployments.apps/web -n shop',
    '--- live',
    '+++ nightly',
    '# too different to be read line by line: 7 lines before, 9 after',
  ]);
});
