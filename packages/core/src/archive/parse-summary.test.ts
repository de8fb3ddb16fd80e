import { describe, expect, test } from 'vitest';
import { writeSample } from '../testing/sample-backup.ts';
import { randomSample } from '../testing/sample-backup.ts';
import { randomFrom } from '../testing/random.ts';
import { parseSummary } from './parse-summary.ts';
import { sealSummary, summaryDigest } from './summary.ts';
import type { BackupSummary } from './summary.ts';

const { summary: sample } = await writeSample(randomSample(randomFrom(1), 30));

/** The sample with another value at a path, sealed anew. */
function withMember(path: readonly (string | number)[], value: unknown): string {
  const copy = structuredClone(sample) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  at[path.at(-1)!] = value;
  return JSON.stringify(sealSummary(copy as unknown as BackupSummary));
}

describe('a summary', () => {
  test('is read as it was written, whatever its white space and the order of its members', () => {
    expect(parseSummary(JSON.stringify(sample))).toEqual(sample);
    const reversed = Object.fromEntries(Object.entries(sample).reverse());
    expect(parseSummary(JSON.stringify(reversed, undefined, 4))).toEqual(sample);
  });

  test('of a later minor version is read, its own members kept and its own kinds passed over', () => {
    const later = JSON.parse(withMember(['format'], '1.9')) as BackupSummary;
    const shortfalls = [
      { kind: 'moonlit', phase: 3 },
      { kind: 'constructor' },
      { kind: 'later', type: 'x', reason: 'y' },
    ];
    const text = JSON.stringify(sealSummary({ ...later, moon: { phase: 3 }, shortfalls } as unknown as BackupSummary));
    const read = parseSummary(text);
    expect(read).toMatchObject({ moon: { phase: 3 }, shortfalls: [{ kind: 'later', type: 'x', reason: 'y' }] });
  });

  test.each([['another major version', ['format'], '2.0', /sample was written by infrabackup test as format 2.0/]])(
    'that this version does not read is refused as such: %s',
    (_, path, value, message) => {
      const read = (): unknown => parseSummary(withMember(path, value));
      expect(read).toThrow(
        expect.objectContaining({ code: 'BACKUP_FORMAT', message: expect.stringMatching(message) as string }),
      );
    },
  );

  test.each<[string, (string | number)[], unknown, RegExp]>([
    ['no name', ['name'], undefined, /member name is not text/],
    ['no version', ['format'], undefined, /member format is not a version/],
    ['a revision that is no text', ['revision'], 5, /member revision is not text/],
    ['encryption without keys', ['encryption'], { age: '' }, /member encryption.keys is not a list/],
    ['a negative count', ['types', 0, 'count'], -1, /member types\[0\].count is not a count/],
    ['a type that comes twice', ['types', 1], sample.types[0], /names the type \S+ twice/],
    ['types that are no list', ['types'], {}, /member types is not a list/],
    ['a namespace without a count', ['types', 1, 'namespaces', 'x'], 'many', /namespaces.x is not a count/],
    ['a file digest of another kind', ['archive', 'sha256'], 'md5', /archive.sha256 is not a sha256/],
    ['a block without a first entry', ['index', 'blocks', 0, 'first'], 'x', /blocks\[0\].first/],
    ['blocks with a gap', ['index', 'blocks', 1, 'offset'], 1, /do not follow one another/],
    ['a block too long', ['index', 'blocks', 0, 'length'], 2 ** 40, /do not follow one another/],
    [
      'a shortfall of a known kind without its members',
      ['shortfalls'],
      [{ kind: 'later' }],
      /row of its shortfalls, type is not text/,
    ],
    ['rules that are no list', ['selection', 'rules'], 'all', /selection.rules is not a list/],
    ['a label that is no text', ['labels'], { a: 1 }, /labels.a is not text/],
  ])('that is not whole is refused with the place: %s', (_, path, value, message) => {
    const read = (): unknown => parseSummary(withMember(path, value));
    expect(read).toThrow(
      expect.objectContaining({ code: 'BACKUP_DAMAGED', message: expect.stringMatching(message) as string }),
    );
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '"x"',
    '{"format":1}',
    `{"format":"1.0","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ])('is not: %.20s', (text) => {
    expect(() => parseSummary(text)).toThrow(expect.objectContaining({ code: 'BACKUP_DAMAGED' }));
  });

  test('that was changed is refused by its own digest, unless it is asked for all the same', () => {
    const changed = JSON.stringify({ ...sample, tool: 'another' });
    expect(() => parseSummary(changed)).toThrow(expect.objectContaining({ code: 'BACKUP_DAMAGED' }));
    expect(parseSummary(changed, { evenIfChanged: true }).tool).toBe('another');
  });
});

test('the digest is that of the canonical JSON, as any other tool makes it', () => {
  // printf '%s' '{"a":["x",null],"b":{"é":1.5,"😀":true}}' | sha256sum
  const summary = { digest: 'left out', b: { '😀': true, é: 1.5, gone: undefined }, a: ['x', null] };
  expect(summaryDigest(summary)).toBe('sha256:2452e730329c6b864917efb558ea465eb03a2f17e053760a2be3002bb5ae2df7');
});
