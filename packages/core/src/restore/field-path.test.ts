import { describe, expect, it } from 'vitest';
import { mapTextAt, removeAt, setAt, takeFrom, valuesAt } from './field-path.ts';

describe('valuesAt', () => {
  it.each([
    ['a member', { a: { b: 1 } }, '/a/b', [1]],
    ['nothing where a step is missing', { a: {} }, '/a/b/c', []],
    ['every item of a list', { a: [{ b: 1 }, {}, { b: 2 }] }, '/a/[]/b', [1, 2]],
    ['every member of an object', { a: { x: { b: 1 }, y: { b: 2 } } }, '/a/[]/b', [1, 2]],
    ['a name with a slash and a tilde', { 'a/b~c': 1 }, '/a~1b~0c', [1]],
    ['no member that objects inherit', {}, '/constructor', []],
  ])('finds %s', (_, root, path, expected) => {
    expect(valuesAt(root, path)).toEqual(expected);
  });
});

describe('removeAt', () => {
  it('removes a member, and the objects that this leaves empty, but not their siblings', () => {
    const root = { metadata: { annotations: { a: '1' }, labels: { b: '2' } } };
    expect(removeAt(root, '/metadata/annotations/a')).toBe(true);
    expect(root).toEqual({ metadata: { labels: { b: '2' } } });
  });

  it('leaves an object that was empty before as it is', () => {
    const root = { spec: { emptyDir: {} } };
    expect(removeAt(root, '/spec/emptyDir/x')).toBe(false);
    expect(root).toEqual({ spec: { emptyDir: {} } });
  });

  it('removes it from every item of a list, and keeps the items', () => {
    const root = { ports: [{ port: 1, nodePort: 2 }, { nodePort: 3 }] };
    removeAt(root, '/ports/[]/nodePort');
    expect(root).toEqual({ ports: [{ port: 1 }, {}] });
  });
});

describe('takeFrom', () => {
  it('copies, so that later edits of the one do not show in the other', () => {
    const from = { spec: { list: [1] } };
    const root = {};
    takeFrom(from, root, '/spec/list');
    from.spec.list.push(2);
    expect(root).toEqual({ spec: { list: [1] } });
  });

  it('removes what the other side does not have', () => {
    const root = { spec: { a: 1, b: 2 } };
    takeFrom({ spec: {} }, root, '/spec/a');
    expect(root).toEqual({ spec: { b: 2 } });
  });
});

it('setAt makes the objects on the way, also under a name that objects inherit', () => {
  const root = {};
  setAt(root, '/__proto__/x', 1);
  expect(JSON.stringify(root)).toBe('{"__proto__":{"x":1}}');
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

it('mapTextAt maps texts in members and in lists, and leaves other values alone', () => {
  const root = { a: [{ n: 'x' }, { n: 1 }], list: ['x', 2] };
  mapTextAt(root, '/a/[]/n', (text) => `${text}!`);
  mapTextAt(root, '/list/[]', (text) => `${text}!`);
  expect(root).toEqual({ a: [{ n: 'x!' }, { n: 1 }], list: ['x!', 2] });
});
