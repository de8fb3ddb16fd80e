import { AppError, parseManifest } from '@infrabackup/core';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { memoryShell } from '../testing/memory-shell.ts';
import { formatAge, formatAgeAt } from './age.ts';
import { outcomeOf, renderFailure } from './failure.ts';
import { renderJson } from './json.ts';
import { backupProgress, overwrittenLine } from './progress-line.ts';
import { formatBytes, formatCount, formatNumber, formatSeconds } from './quantity.ts';
import { redactText } from './redact-text.ts';
import { renderTable } from './table.ts';
import { wrap } from './wrap.ts';
import { renderYaml } from './yaml.ts';

describe('formatAge', () => {
  // Source: https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/util/duration/duration_test.go (TestHumanDuration)
  it.each([
    ['1s', 1],
    ['70s', 70],
    ['3m10s', 190],
    ['70m', 70 * 60],
    ['47h', 47 * 3600],
    ['2d', 49 * 3600 - 3600],
    ['2d1h', 49 * 3600],
    ['8d', (8 * 24 + 2) * 3600],
    ['367d', 367 * 24 * 3600],
    ['2y', 365 * 2 * 24 * 3600],
    ['4y', 4 * 365 * 24 * 3600],
    ['4y50d', (4 * 365 + 50) * 24 * 3600],
    ['10y', 10 * 365 * 24 * 3600 + 24 * 3600],
    ['0s', -1],
    ['<invalid>', -10],
  ])('says %s for %i seconds', (text, seconds) => {
    expect(formatAge(seconds * 1_000)).toBe(text);
  });

  it('says so when the instant is not told or no instant', () => {
    expect([formatAgeAt(undefined, 0), formatAgeAt('soon', 0)]).toEqual(['<unknown>', '<invalid>']);
  });
});

describe('quantities', () => {
  it.each([
    [formatNumber(0), '0'],
    [formatNumber(1234567), '1,234,567'],
    [formatCount(1, 'object'), '1 object'],
    [formatCount(2, 'Secret lies', 'Secrets lie'), '2 Secrets lie'],
    [formatBytes(845), '845 B'],
    [formatBytes(1000), '1.0 KiB'],
    [formatBytes(4.5 * 1024 * 1024), '4.5 MiB'],
    [formatBytes(1_023_900), '1.0 MiB'],
    [formatBytes(120 * 1024 ** 3), '120 GiB'],
    [formatSeconds(840), '0.8s'],
    [formatSeconds(99_960), '1m40s'],
    [formatSeconds(185_000), '3m05s'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('renderTable', () => {
  it('pads as kubectl does and leaves no blank at the end of a line', () => {
    expect(
      renderTable([
        ['NAME', 'AGE'],
        ['a', ''],
        ['long-name', '5m'],
      ]),
    ).toBe('NAME        AGE\na\nlong-name   5m\n');
  });

  it('makes what could steer a terminal harmless', () => {
    expect(renderTable([['\u001b[2J\u0007', 'a\u009bm']])).toBe('^[[2J^G   a\\x9bm\n');
  });

  it('ends a cell at its first line break', () => {
    expect(renderTable([['a\nb', 'c']])).toBe('a...   c\n');
  });

  it('prints nothing for nothing, and 300,000 rows without complaint', () => {
    expect(renderTable([])).toBe('');
    expect(renderTable(Array.from({ length: 300_000 }, () => ['a', 'b'])).length).toBe(2_400_000);
  });
});

describe('wrap', () => {
  it.each([
    ['aa bb cc', 5, '', 'aa bb\ncc'],
    ['aa bb', 4, '  - ', '  - aa\n    bb'],
    ['aaaaaaaaaa b', 5, '', 'aaaaaaaaaa\nb'],
    ['', 5, 'x ', 'x '],
  ])('breaks %j at %i', (text, width, lead, wrapped) => {
    expect(wrap(text, width, lead)).toBe(wrapped);
  });
});

describe('redactText', () => {
  it.each([
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['https://user:pa55@host/x', 'https://[redacted]@host/x'],
    ['token=s3cr3t&x=1', 'token=[redacted]&x=1'],
    ['{"password":"hunter2"}', '{"password":"[redacted]"}'],
    ['AWS secret_access_key: abc', 'AWS secret_access_key: [redacted]'],
    ['?X-Amz-Signature=abc', '?X-Amz-Signature=[redacted]'],
    ['eyJhbGciOi.eyJzdWIi.sig-1', '[token]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[private key]'],
    ['secrets is forbidden: User "ann" cannot list', 'secrets is forbidden: User "ann" cannot list'],
  ])('makes of %j %j', (text, clean) => {
    expect(redactText(text)).toBe(clean);
  });
});

describe('JSON and YAML', () => {
  it('keep whole numbers that a double would round', () => {
    const object = parseManifest(
      Buffer.from('{"a":9007199254740993,"b":[-12345678901234567890],"c":1.5,"d":"9007199254740993"}'),
    );
    expect(renderJson(object)).toBe(
      '{\n    "a": 9007199254740993,\n    "b": [\n        -12345678901234567890\n    ],\n    "c": 1.5,\n    "d": "9007199254740993"\n}\n',
    );
    expect(renderYaml(object)).toBe(
      'a: 9007199254740993\nb:\n- -12345678901234567890\nc: 1.5\nd: "9007199254740993"\n',
    );
  });

  it.each([
    'on',
    'yes',
    'n',
    '0777',
    '0o7',
    '1_000',
    '1:20',
    '1e3',
    '.5',
    '~',
    'null',
    '=',
    '2001-01-01',
    '0x1F',
    '- a',
    'a: b',
    '#x',
    '',
    ' a ',
    'a\nb\n',
    '\ttab',
    '\u0000',
    '\u2028',
    '%a',
    '@a',
    '!a',
    '&a',
    '*a',
    '*',
  ])('YAML reads %j back as the text that it was', (text) => {
    expect(load(renderYaml({ key: text, [`k${text}`]: [text] }))).toEqual({ key: text, [`k${text}`]: [text] });
  });
});

describe('failures', () => {
  const shell = memoryShell();

  it('of others tell causes from -v=4 on, without credentials', () => {
    const cause = new Error('GET https://me:pa55@host: 500', { cause: new Error('Bearer abc') });
    const error = new AppError('CLUSTER_ERROR', 'it failed', { cause });
    expect(renderFailure(error, [], shell)).toBe('error: it failed\n');
    for (const flag of ['-v=4', '-v4', '--v=6', '-v 9']) {
      expect(renderFailure(error, flag.split(' '), shell)).toBe(
        'error: it failed\ncaused by: Error: GET https://[redacted]@host: 500\ncaused by: Error: Bearer [redacted]\n',
      );
    }
  });

  it('of our own say where to report them, and end with 70', () => {
    const text = renderFailure(new TypeError('x is not a function'), [], shell);
    expect(text).toMatch(/^error: this is a fault of infrabackup \d+\.\d+\.\d+ \(Node v/);
    expect(text).toContain('TypeError: x is not a function');
    expect(text).toMatch(/hint: please report it, with the lines above, at https:/);
    expect(outcomeOf(new TypeError('x'))).toBe('bug');
  });

  it('of an abort are a cancel', () => {
    expect(outcomeOf(new DOMException('aborted', 'AbortError'))).toBe('cancelled');
    expect(outcomeOf(new AppError('CANCELLED', ''))).toBe('cancelled');
  });
});

describe('the progress line', () => {
  it('is quiet where there is no terminal', () => {
    const shell = memoryShell();
    const line = overwrittenLine(shell.err, shell.clock);
    backupProgress(line, shell.clock)({ kind: 'planned', types: 3 });
    line.clear();
    expect(shell.stderr()).toBe('');
  });

  it('sums up what has arrived, begins anew after a restart, and is cut at the terminal', () => {
    let nowMs = 0;
    const clock = { now: () => (nowMs += 1_000) };
    const shell = memoryShell({ columns: 60 });
    const report = backupProgress(overwrittenLine(shell.err, clock), clock);
    const shown = (): string | undefined => shell.stderr().split('\r\u001b[K').at(-1);
    report({ kind: 'planned', types: 2 });
    report({ kind: 'progress', type: 'pods', objects: 1_000, sizeBytes: 2_000_000 });
    report({ kind: 'type-done', type: 'pods', objects: 1_500, sizeBytes: 3_000_000 });
    expect(shown()).toMatch(/^types 1\/2 {2}objects 1,500 {2}2\.9 MiB {2}\d+\/s$/);
    report({ kind: 'restarted', revision: '9' });
    expect(shown()).toMatch(/^types 0\/2 {2}objects 0 /);
    report({ kind: 'writing', sizeBytes: 1_048_576 });
    expect(shown()).toBe('writing 1.0 MiB');
  });
});
