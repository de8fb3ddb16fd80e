import { describe, expect, it } from 'vitest';
import { parseExpression } from './expression.ts';

describe('an expression as Go means it', () => {
  it.each([
    ['.', 'x', true],
    ['^cattle-', 'cattle-system', true],
    ['^cattle-', 'my-cattle-system', false],
    ['cattle', 'my-cattle-system', true],
    ['^a\\-b$', 'a-b', true],
    ['[a\\-z]', 'm', false],
    ['{', '{', true],
    ['(?i)^DEPLOY', 'deployments', true],
    ['^DEPLOY', 'deployments', false],
    ['\\Aab\\z', 'ab', true],
    ['\\Aab\\z', 'abc', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['^[[:alpha:]]+$', 'abc', true],
    ['^[[:alpha:]]+$', 'ab1', false],
    ['^[[:alpha:]0-9]+$', 'ab1', true],
    ['^[[:^alpha:]]$', 'a', false],
    ['^(?P<first>x)(?:a|b)$', 'xb', true],
    ['^c-.{5}$', 'c-abcde', true],
  ])('%s finds in %s: %s', (expression, text, found) => {
    expect(parseExpression(expression).test(text)).toBe(found);
  });

  it.each(['(?=a)', '(?<!a)', '(a)\\1', '(', '[z-a]', '(?U)a+', '[[:foo:]]', '\\pL'])('cannot be %s', (expression) => {
    expect(() => parseExpression(expression)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(JSON.stringify(expression)) as string,
      }),
    );
  });
});
