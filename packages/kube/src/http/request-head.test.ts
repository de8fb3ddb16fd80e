import { expect, test } from 'vitest';
import { requestHead } from './request-head.ts';

test('a head has its headers in order, several of one name, and none that is absent', () => {
  const head = requestHead('GET', '/api?limit=1', {
    host: 'x:6443',
    accept: undefined,
    'impersonate-group': ['a', 'Ð´'],
    n: 7,
  });
  expect(head.toString('latin1')).toBe(
    'GET /api?limit=1 HTTP/1.1\r\nhost: x:6443\r\nimpersonate-group: a\r\nimpersonate-group: Ð´\r\nn: 7\r\n\r\n',
  );
});

test.each([
  ['a path with a space', '/a b', 'x'],
  ['a path with a line end', '/a\r\nx: y', 'x'],
  ['a value with a line end', '/', 's3cr3t\nx: y'],
  ['a value beyond Latin-1', '/', 's3cr3t\u0434'],
])('%s is refused without being shown', (_, path, value) => {
  expect(() => requestHead('GET', path, { authorization: value })).toThrow(
    expect.objectContaining({
      code: 'INFRABACKUP_HEADER',
      message: expect.not.stringContaining('s3cr3t') as string,
    }) as Error,
  );
});
