import { expect, test } from 'vitest';
import { textDiff, type Manifest } from '@infrabackup/core';
import { textDiffAside } from './text-diff-aside.ts';

function configMap(lines: readonly string[]): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big', namespace: 'shop' },
    data: { text: lines.join('\n') },
  };
}

const never = new AbortController().signal;
const many = (word: string) => Array.from({ length: 40_000 }, (_, i) => `${word} ${i}`);

test.each([
  ['small', configMap(['a', 'b']), configMap(['a', 'c'])],
  ['big', configMap(many('line')), configMap([...many('line'), 'one more'])],
  ['new', undefined, configMap(many('line'))],
])('finds for %s objects what textDiff finds', async (_, before, after) => {
  expect(await textDiffAside(before, after, {}, never)).toEqual(textDiff(before, after));
});

test('leaves the thread that waits free while it looks', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 5);
  const found = await textDiffAside(configMap(many('old')), configMap(many('new')), {}, never);
  clearInterval(timer);
  expect(found).toEqual({ kind: 'too-large', beforeLines: 40_007, afterLines: 40_007 });
  expect(turns).toBeGreaterThan(10);
});

test('stops at once when it is cancelled', async () => {
  const controller = new AbortController();
  const options = { timeoutMs: 600_000 };
  const looking = textDiffAside(configMap(many('old')), configMap(many('new')), options, controller.signal);
  controller.abort();
  await expect(looking).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('tells a fault of the thread', async () => {
  const cannot = {
    ...configMap(many('line')),
    data: { text: 'x'.repeat(70_000), wrong: (() => 0) as unknown as string },
  };
  await expect(textDiffAside(undefined, cannot as Manifest, {}, never)).rejects.toThrow('could not be cloned');
});
