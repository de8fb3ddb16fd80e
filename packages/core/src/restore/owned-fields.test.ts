import { describe, expect, it } from 'vitest';
import { containsJson, ownedFields } from './owned-fields.ts';

describe('ownedFields', () => {
  it.each([
    ['a leaf', { a: 1, b: 2 }, { 'f:a': {} }, { a: 1 }],
    ['a whole value that is owned as one', { a: { x: 1, y: 2 } }, { 'f:a': {} }, { a: { x: 1, y: 2 } }],
    ['a map that is owned without its members', { a: { x: 1 } }, { 'f:a': { '.': {} } }, { a: {} }],
    ['some members of a map', { a: { x: 1, y: 2 } }, { 'f:a': { '.': {}, 'f:x': {} } }, { a: { x: 1 } }],
    [
      'a list item by its keys, with the owned part of it',
      {
        ports: [
          { port: 80, protocol: 'TCP', nodePort: 30000 },
          { port: 81, protocol: 'TCP' },
        ],
      },
      { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} } } },
      { ports: [{ port: 80, protocol: 'TCP' }] },
    ],
    ['elements of a set', { finalizers: ['a', 'b'] }, { 'f:finalizers': { 'v:"b"': {} } }, { finalizers: ['b'] }],
    ['an item by its place', { args: ['a', 'b'] }, { 'f:args': { 'i:1': {} } }, { args: ['b'] }],
    ['nothing of what the object lacks', { a: 1 }, { 'f:b': { 'f:c': {} } }, {}],
    ['a name with dots and slashes', { 'a.b/c': '1' }, { 'f:a.b/c': {} }, { 'a.b/c': '1' }],
  ])('gives %s', (_, object, fields, expected) => {
    expect(ownedFields(object, fields)).toEqual(expected);
  });

  it('keeps the order of the list, not that of the owner', () => {
    const list = { finalizers: ['c', 'a', 'b'] };
    const fields = { 'f:finalizers': { 'v:"a"': {}, 'v:"b"': {}, 'v:"c"': {} } };
    expect(ownedFields(list, fields)).toEqual(list);
  });
});

describe('containsJson', () => {
  it.each([
    ['what the server added does not matter', { a: { x: 1, added: 2 } }, { a: { x: 1 } }, true],
    ['a changed value does', { a: 1 }, { a: 2 }, false],
    ['a missing value does', {}, { a: 1 }, false],
    ['a missing empty map does not', {}, { a: {} }, true],
    ['lists must have the same length', { a: [1, 2] }, { a: [1] }, false],
    ['items of lists may have more members', { a: [{ x: 1, y: 2 }] }, { a: [{ x: 1 }] }, true],
    ['null is nothing', {}, { a: null }, true],
  ])('%s', (_, whole, part, expected) => {
    expect(containsJson(whole, part)).toBe(expected);
  });
});
