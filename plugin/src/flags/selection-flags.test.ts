import { infraTypes, presetInfra } from '@infrabackup/core';
import { describe, expect, it } from 'vitest';
import { parseLabelPairs } from './label-pairs.ts';
import { selectionFlags, selectionOf } from './selection-flags.ts';
import type { FlagValues } from './flag.ts';

type Given = Partial<FlagValues<typeof selectionFlags>>;

const nothing = Object.fromEntries(Object.keys(selectionFlags).map((name) => [name, undefined])) as Given;

function select(given: Given): ReturnType<typeof selectionOf> {
  return selectionOf({ ...nothing, ...given } as FlagValues<typeof selectionFlags>);
}

describe('selectionOf', () => {
  it.each<[string, Given, object]>([
    ['no flag is the preset all', {}, { preset: 'all', rules: [{}] }],
    ['-n is --include-namespaces', { namespace: ['shop'] }, { rules: [{ includeNamespaces: ['shop'] }] }],
    [
      'flags alone are a rule of their own',
      { selector: 'a=b', 'include-names': ['x*'] },
      { rules: [{ labelSelector: 'a=b', names: ['x*'] }] },
    ],
    ['an empty list stays empty', { 'include-namespaces': [] }, { rules: [{ includeNamespaces: [] }] }],
    ['false is not absent', { 'include-cluster-resources': false }, { rules: [{ includeClusterResources: false }] }],
    ['a preset alone', { preset: 'infra' }, presetInfra()],
    [
      'flags narrow a preset',
      { preset: 'all', 'exclude-resources': ['pods'], 'exclude-namespaces': ['kube-*'], 'exclude-names': ['a'] },
      {
        preset: 'all',
        rules: [{}],
        within: { excludeResources: ['pods'], excludeNamespaces: ['kube-*'], excludeNames: ['a'] },
      },
    ],
  ])('%s', (_, given, selection) => {
    expect(select(given)).toEqual(selection);
  });

  it('keeps no undefined member, since the selection is stored', () => {
    expect(Object.keys(select({ namespace: ['a'] }).rules[0]!)).toEqual(['includeNamespaces']);
    expect(infraTypes.length).toBeGreaterThan(0);
  });

  it('refuses -n beside --include-namespaces', () => {
    expect(() => select({ namespace: ['a'], 'include-namespaces': ['b'] })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

describe('parseLabelPairs', () => {
  it.each([
    [[], {}],
    [['a=b', 'example.com/team=shop_1.x'], { a: 'b', 'example.com/team': 'shop_1.x' }],
    [['a='], { a: '' }],
    [['a=b', 'a=b'], { a: 'b' }],
  ])('reads %j', (texts, labels) => {
    expect(parseLabelPairs(texts)).toEqual(labels);
  });

  it.each([
    ['a'],
    ['=b'],
    ['a=b c'],
    ['a b=c'],
    ['-a=b'],
    ['a=b='],
    ['Example.com/a=b'],
    [`${'a'.repeat(64)}=b`],
    ['a=b\n'],
  ])('refuses %j', (text) => {
    expect(() => parseLabelPairs([text])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('refuses two values for one key', () => {
    expect(() => parseLabelPairs(['a=b', 'a=c'])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
