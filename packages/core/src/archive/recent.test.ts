import { expect, test } from 'vitest';
import { Recent } from './recent.ts';

test('what was asked for last is kept, the rest made again', () => {
  const made: string[] = [];
  const recent = new Recent<string, string>(2);
  const get = (key: string): string =>
    recent.get(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(get)).toEqual(['A', 'B', 'A', 'C', 'A', 'B']);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

test('a promise that failed is made again', async () => {
  const recent = new Recent<string, Promise<string>>(2);
  await expect(recent.get('a', () => Promise.reject(new Error('once')))).rejects.toThrow('once');
  expect(await recent.get('a', () => Promise.resolve('then'))).toBe('then');
});
