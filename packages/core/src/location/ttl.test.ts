import { describe, expect, it } from 'vitest';
import { parseTtl } from './ttl.ts';

const hourMs = 3_600_000;

describe('a time to live', () => {
  it.each([
    ['24h', 24 * hourMs],
    ['30d', 720 * hourMs],
    ['1h30m', 1.5 * hourMs],
    ['2w', 336 * hourMs],
    ['1w2d3h4m', (168 + 48 + 3) * hourMs + 4 * 60_000],
    ['90m', 1.5 * hourMs],
    ['0d1h', hourMs],
    ['36500d', 36_500 * 24 * hourMs],
  ])('may be %s', (text, ttlMs) => {
    expect(parseTtl(text)).toBe(ttlMs);
  });

  it.each([
    ...['', '0h', '0', '24', 'h', '-1h', '+1h', '1.5h', '1h ', ' 1h', '30m1h', '1h1h', '1d2w', '1H', '10s', '1y'],
    ...['1h30', 'never', '1 h', '٣h', '36501d', '99999999999999999999d', '9'.repeat(400) + 'd'],
  ])('may not be %j, and the error tells the grammar', (text) => {
    expect(() => parseTtl(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('1h30m') as string }) as Error,
    );
  });
});
