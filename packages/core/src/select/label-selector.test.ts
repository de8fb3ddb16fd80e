import { describe, expect, it } from 'vitest';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', empty: '', size: '12', 'example.com/team': 'a.b_c-d' };
  const cases: readonly [selector: string, matches: boolean][] = [
    ['', true],
    ['app', true],
    ['other', false],
    ['!other', true],
    ['!app', false],
    ['! app', false],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app!=web', false],
    ['other!=web', true],
    ['empty=', true],
    ['app=', false],
    ['app in (db,web)', true],
    ['app in (db)', false],
    ['app notin (db, cache)', true],
    ['app notin (web)', false],
    ['other notin (web)', true],
    ['empty in (,x)', true],
    ['size>11', true],
    ['size > 12', false],
    ['size<13', true],
    ['app>1', false],
    ['example.com/team=a.b_c-d', true],
    ['app=web,tier in (front),!other', true],
    ['app=web,tier=back', false],
    ['in=1', false],
    ['constructor', false],
  ];
  it.each(cases)('%s matches: %s', (selector, matches) => {
    expect(matchesLabels(parseLabelSelector(selector), labels)).toBe(matches);
  });

  const broken: readonly [selector: string, column: RegExp][] = [
    ['app=web,', /at its end/],
    [',app', /column 1/],
    ['app in', /at its end/],
    ['app in (a', /at its end/],
    ['app in a', /column 8/],
    ['app=web tier=front', /column 9/],
    ['app=we$b', /column 5/],
    ['-app', /column 1/],
    ['app/=x', /column 1/],
    ['a/b/c=x', /column 1/],
    ['size>big', /column 6/],
    [`${'a'.repeat(64)}=x`, /column 1/],
    ['app=b=c', /column 6/],
  ];
  it.each(broken)('%s is refused, with its column', (selector, column) => {
    expect(() => parseLabelSelector(selector)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(column) as string }),
    );
  });
});
