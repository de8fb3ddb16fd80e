import { describe, expect, it } from 'vitest';
import { parseFlag } from './parse-flag.ts';
import type { Flag } from './flag.ts';

const kinds = (kind: Flag['kind'], more: Partial<Flag> = {}): Flag => ({ kind, describe: '', ...more });

describe('parseFlag', () => {
  it.each([
    ['boolean', ['true'], true],
    ['boolean', ['T'], true],
    ['boolean', ['0'], false],
    ['integer', ['7'], 7],
    ['string', ['a', 'b'], 'b'],
    ['string', [''], ''],
    ['list', ['a, b', 'c', ''], ['a', 'b', 'c']],
    ['list', [''], []],
    ['repeated', ['a=1,2', 'b=3'], ['a=1,2', 'b=3']],
    ['ttl', ['1h30m'], 5_400_000],
    ['timeout', ['30'], 30_000],
    ['timeout', ['2m'], 120_000],
    ['timeout', ['1m30s'], 90_000],
    ['timeout', ['1500ms'], 1_500],
    ['timeout', ['0'], 0],
    ['timeout', ['0s'], 0],
  ] as const)('reads %s %j as %j', (kind, texts, value) => {
    expect(parseFlag('flag', kinds(kind), texts)).toEqual(value);
  });

  it.each([
    ['boolean', 'yes'],
    ['boolean', ''],
    ['integer', '-1'],
    ['integer', '1.5'],
    ['integer', '9999999999'],
    ['ttl', 'forever'],
    ['timeout', ''],
    ['timeout', '1.5h'],
    ['timeout', '-1s'],
    ['timeout', '30s1m'],
    ['timeout', 'soon'],
  ] as const)('refuses %s %j', (kind, text) => {
    expect(() => parseFlag('flag', kinds(kind), [text])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('offers the choice that comes near', () => {
    const output = kinds('string', { choices: ['table', 'json', 'yaml'] });
    expect(parseFlag('output', output, ['json'])).toBe('json');
    expect(() => parseFlag('output', output, ['jsn'])).toThrow(
      expect.objectContaining({ message: "--output takes table, json, yaml, not 'jsn'", hint: 'did you mean json?' }),
    );
  });
});
