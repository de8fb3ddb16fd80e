import { describe, expect, test } from 'vitest';
import { blockHeading, parseBlock } from './index-block.ts';

const digest = 'A'.repeat(43);
const heading = blockHeading('configmaps', [
  { offset: 100, length: 50 },
  { offset: 150, length: 10 },
]);
const line = (name: string, overrides: Readonly<Record<number, unknown>> = {}): unknown[] =>
  Object.assign(['shop', name, 0, 512, 30, digest, digest, 'u', ['o']], overrides);
const block = (...lines: readonly unknown[]): string =>
  heading + lines.map((each) => `${JSON.stringify(each)}\n`).join('');
const parse = (text: string): unknown => parseBlock(text, 160, 'block 7');

test('a block is its entries', () => {
  expect(parse(block(line('a'), line('b', { 2: 1, 6: null, 7: '', 8: [] })))).toEqual([
    {
      ...{ type: 'configmaps', namespace: 'shop', name: 'a', memberOffset: 100, memberLength: 50, offset: 512 },
      ...{ sizeBytes: 30, stored: digest, content: digest, uid: 'u', ownerUids: ['o'] },
    },
    {
      ...{ type: 'configmaps', namespace: 'shop', name: 'b', memberOffset: 150, memberLength: 10, offset: 512 },
      ...{ sizeBytes: 30, stored: digest, content: undefined, uid: '', ownerUids: [] },
    },
  ]);
});

test('places that a later minor version adds to a line, and members to a heading, are passed over', () => {
  const later = `{"type":"configmaps","members":[[100,50]],"moon":1}\n${JSON.stringify([...line('a'), 'moon'])}\n`;
  expect(parse(later)).toEqual(parse(block(line('a'))));
});

describe('a block is refused, with its place, when', () => {
  test.each<[string, string, RegExp]>([
    ['an entry comes before the one before it', block(line('b'), line('a')), /line 3 of block 7 is out of order/],
    ['an entry comes twice', block(line('a'), line('a')), /line 3 of block 7 is out of order/],
    ['an entry names a member that is not listed', block(line('a', { 2: 2 })), /line 2 of block 7 names a member/],
    ['an object is longer than any', block(line('a', { 4: 2 ** 26 + 1 })), /line 2 of block 7 claims an object/],
    [
      'an object lies where no member reaches',
      block(line('a', { 3: 2 ** 18 + 1 })),
      /line 2 of block 7 claims an object/,
    ],
    ['a line is too short', block(line('a').slice(0, 8)), /line 2 of block 7 is not an entry/],
    ['an owner is no text', block(line('a', { 8: [1] })), /line 2 of block 7 is not an entry/],
    ['a namespace is empty', block(line('a', { 0: '' })), /line 2 of block 7 is not an entry/],
    ['a digest is of another length', block(line('a', { 5: 'A' })), /line 2 of block 7 is not an entry/],
    [
      'a member reaches past the archive',
      block(line('a')).replace('[150,10]', '[150,11]'),
      /names bytes 150 to 161, past/,
    ],
    ['its heading names no type', block(line('a')).replace('"configmaps"', '5'), /does not begin with a type/],
    ['it has no entry', heading, /does not begin with a type/],
    ['it is not JSON', `${heading}[`, /block 7 is not JSON/],
  ])('%s', (_, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'BACKUP_DAMAGED', message: expect.stringMatching(message) as string }),
    );
  });
});
