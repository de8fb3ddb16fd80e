import { describe, expect, it } from 'vitest';
import { compileJsonPath } from './json-path.ts';

const root = {
  spec: { replicas: 3, secretName: 'tls', 'dotted.name/key': 'v', empty: '', none: null },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', weight: 1 },
      { type: 'Synced', status: 'False', weight: 5 },
      { type: 'Old', weight: 9, extra: true },
    ],
    ids: ['a', 'b', 'c', 'd'],
  },
};

describe('compileJsonPath', () => {
  it.each([
    ['a member', '.spec.replicas', [3]],
    ['a member with an escaped dot', '.spec.dotted\\.name/key', ['v']],
    ['a member in brackets', ".spec['dotted\\.name/key']", ['v']],
    ['the root sign', '$.spec.secretName', ['tls']],
    ['an empty text', '.spec.empty', ['']],
    ['a null', '.spec.none', [null]],
    ['what is not there', '.spec.missing.deep', []],
    ['a member of a text', '.spec.secretName.length', []],
    ['what only the prototype has', '.constructor', []],
    ['an index', '.status.ids[1]', ['b']],
    ['the last', '.status.ids[-1]', ['d']],
    ['an index past the end', '.status.ids[9]', []],
    ['an index into no list', '.spec[0]', []],
    ['a slice', '.status.ids[1:3]', ['b', 'c']],
    ['an open slice', '.status.ids[2:]', ['c', 'd']],
    ['a slice with a step', '.status.ids[0:4:2]', ['a', 'c']],
    ['all of a list', '.status.ids[*]', ['a', 'b', 'c', 'd']],
    ['a member of each', '.status.conditions[*].type', ['Ready', 'Synced', 'Old']],
    ['a wildcard member', '.status.*[0]', [{ type: 'Ready', status: 'True', weight: 1 }, 'a']],
    ['a filter', '.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['a filter with single quotes and blanks', ".status.conditions[?(@.type == 'Synced')].status", ['False']],
    ['a filter that finds nothing', '.status.conditions[?(@.type=="Lost")].status', []],
    ['a filter by number', '.status.conditions[?(@.weight>=5)].type', ['Synced', 'Old']],
    ['a filter by inequality', '.status.conditions[?(@.type!="Ready")].type', ['Synced', 'Old']],
    ['a filter for what exists', '.status.conditions[?(@.extra)].type', ['Old']],
    ['a filter by boolean', '.status.conditions[?(@.extra==true)].type', ['Old']],
    ['a filter of different types', '.status.conditions[?(@.weight>"a")].type', []],
    ['recursive descent', '..type', ['Ready', 'Synced', 'Old']],
    ['the whole', '.', [root]],
  ])('finds %s: %s', (_, path, values) => {
    expect(compileJsonPath(path)?.(root)).toEqual(values);
  });

  it.each([
    '.a[',
    '.a[]',
    '.a[x]',
    '.a b',
    '{range .items[*]}',
    '.a[?(@.b=~"x")]',
    '.a[(@.length-1)]',
    '.a{}',
    '..a..b',
  ])('gives nothing for %s', (path) => {
    expect(compileJsonPath(path)).toBeUndefined();
  });
});
