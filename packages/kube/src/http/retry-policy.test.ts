import { describe, expect, test } from 'vitest';
import { parseRetryAfter, planRetry, type RetryContext, type Setback } from './retry-policy.ts';

const calm: RetryContext = { idempotent: true, reached: true, failures: 0, throttledMs: 0, random: 0 };
const status = (statusCode: number, retryAfterMs?: number): Setback => ({ kind: 'status', statusCode, retryAfterMs });
const network = (fate: 'unsent' | 'cut' | 'slow' | 'final'): Setback => ({ kind: 'network', fate });

describe('it is worth another try', () => {
  test.each<[string, Setback, Partial<RetryContext>]>([
    ['429, whatever the request', status(429), { idempotent: false }],
    ['503 with Retry-After, whatever the request', status(503, 1_000), { idempotent: false }],
    ['500 of an idempotent request', status(500), {}],
    ['502 of an idempotent request', status(502), {}],
    ['503 of an idempotent request', status(503), {}],
    ['504 of an idempotent request', status(504), {}],
    ['a cut connection of an idempotent request', network('cut'), {}],
    ['the first silence', network('slow'), {}],
    ['a server that was there and now refuses connections', network('unsent'), { idempotent: false }],
  ])('%s', (_, setback, context) => {
    expect(planRetry(setback, { ...calm, ...context })).toBeGreaterThan(0);
  });
});

describe('it is not worth another try', () => {
  test.each<[string, Setback, Partial<RetryContext>]>([
    ['503 of another request', status(503), { idempotent: false }],
    ['504 of another request', status(504), { idempotent: false }],
    ['a cut connection of another request', network('cut'), { idempotent: false }],
    ['a silence of another request', network('slow'), { idempotent: false }],
    ['the second silence', network('slow'), { failures: 1 }],
    ['a server that was never there', network('unsent'), { reached: false }],
    ['a certificate that is not trusted', network('final'), {}],
    ['404', status(404), {}],
    ['409 with Retry-After', status(409, 1_000), {}],
    ['the seventh failure', status(500), { failures: 6 }],
    ['three minutes of throttling', status(429, 1_000), { throttledMs: 180_000 }],
  ])('%s', (_, setback, context) => {
    expect(planRetry(setback, { ...calm, ...context })).toBeUndefined();
  });
});

describe('how long it waits', () => {
  test('doubles with each failure, up to ten seconds', () => {
    const delays = [0, 1, 2, 3, 4, 5].map((failures) => planRetry(status(500), { ...calm, failures, random: 1 }));
    expect(delays).toEqual([400, 800, 1_600, 3_200, 6_400, 10_000]);
  });

  test('is spread over the upper half', () => {
    expect(planRetry(network('cut'), { ...calm, random: 0 })).toBe(200);
  });

  test.each([429, 503])('is never shorter than %i asks for', (statusCode) => {
    expect(planRetry(status(statusCode, 7_000), { ...calm, random: 0 })).toBe(7_000);
    expect(planRetry(status(statusCode, 7_000), { ...calm, random: 1 })).toBe(8_750);
    expect(planRetry(status(statusCode, 0), { ...calm, random: 1 })).toBe(100);
  });

  test('is a second when 429 asks for nothing', () => {
    expect(planRetry(status(429), calm)).toBe(1_000);
  });
});

test.each([
  [undefined, undefined],
  ['2', 2_000],
  [' 0 ', 0],
  ['Sat, 21 Nov 2026 10:00:05 GMT', 5_000],
  ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s asks for %s ms', (header, expected) => {
  expect(parseRetryAfter(header, Date.UTC(2026, 10, 21, 10))).toBe(expected);
});
