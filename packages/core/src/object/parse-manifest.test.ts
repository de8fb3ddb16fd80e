import { expect, test } from 'vitest';
import { compareManifests, sameContent } from '../diff/compare-manifests.ts';
import { formatTextDiff, textDiff } from '../diff/text-diff.ts';
import { summarizeChanges } from '../diff/summarize-changes.ts';
import { contentDigester } from '../restore/content-of.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest, stringifyExactly } from './parse-manifest.ts';

const manifest = (spec: string): Manifest =>
  parseManifest(Buffer.from(`{"apiVersion":"a.io/v1","kind":"A","metadata":{"name":"a"},"spec":${spec}}`));

test.each([
  '{"total":9007199254740993}',
  '{"n":[-9223372036854775808,9223372036854775807]}',
  '[12345678901234567890,{"deep":[18446744073709551615]}]',
  '{"n":9007199254740991,"text":"9007199254740993","ratio":0.1,"many":1e+21}',
  '{"text":":9007199254740993 and , 12345678901234567"}',
])('%s is written as it was read', (spec) => {
  expect(stringifyExactly(manifest(spec)['spec'])).toBe(spec);
});

test('what a double holds is a number, so that nobody has to ask', () => {
  expect(manifest('{"n":9007199254740991,"text":": 12345678901234567"}')['spec']).toEqual({
    n: 9007199254740991,
    text: ': 12345678901234567',
  });
});

test('numbers that are the same as doubles differ, in every way of comparing', () => {
  const [a, b] = [manifest('{"total":9007199254740993}'), manifest('{"total":9007199254740992}')];
  expect(Number(9007199254740993n)).toBe(Number(9007199254740992n));
  expect(sameContent(a, b)).toBe(false);
  expect(sameContent(a, manifest('{"total":9007199254740993}'))).toBe(true);
  expect(summarizeChanges(compareManifests(a, b))).toBe('spec.total 9007199254740993 -> 9007199254740992');
  expect(formatTextDiff(textDiff(a, b), { title: 'a', before: 'a', after: 'b' })).toEqual(
    expect.arrayContaining(['-  total: 9007199254740993', '+  total: 9007199254740992']),
  );
  const digester = contentDigester('key');
  expect(digester.contentOf(a)).not.toBe(digester.contentOf(b));
  expect(digester.requestOf(a)).not.toBe(digester.requestOf(b));
});

test('what is no JSON stays an error, and so does a circle', () => {
  expect(() => parseManifest(Buffer.from('{"n":9007199254740993'))).toThrow(SyntaxError);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(() => stringifyExactly(circle)).toThrow(TypeError);
});
