import { describe, expect, it } from 'vitest';
import { parseKubernetesYaml } from './parse-kubernetes-yaml.ts';

const read = (text: string): unknown => parseKubernetesYaml(text, 'app.yaml');

describe('YAML as kubectl reads it', () => {
  // What sigs.k8s.io/yaml v1.4.0 makes of each, which kubectl is built on.
  it.each([
    ['yes', true],
    ['Off', false],
    ['y', true],
    ['0644', 420],
    ['0o777', 511],
    ['0b11', 3],
    ['+0x1F', 31],
    ['-0777', -511],
    ['1_000', 1000],
    ['08', 8],
    ['1e3', 1000],
    ['1e+3', 1000],
    ['123e4', 1_230_000],
    ['+.5', 0.5],
    ['1.', 1],
    ['685_230.15', 685_230.15],
    ['12:30:45', '12:30:45'],
    ['2026-01-01', '2026-01-01'],
    ['1e+400', '1e+400'],
    ['0b2', '0b2'],
    ['._5', '._5'],
    ['1.2.3', '1.2.3'],
    ['"0644"', '0644'],
    ['~', null],
    ['', null],
  ])('%s is %j', (text, value) => {
    expect(read(`a: ${text}`)).toEqual([{ a: value }]);
  });

  it('merges maps with <<', () => {
    expect(read('base: &b {one: 1, two: 2}\nmore: {<<: *b, two: 3}')).toEqual([
      { base: { one: 1, two: 2 }, more: { one: 1, two: 3 } },
    ]);
  });

  it('has many documents, and the empty ones are left out', () => {
    expect(read('---\na: 1\n---\n# nothing\n---\n{"b": 2}\n')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('takes a key of any name as one', () => {
    expect(Object.keys(read('__proto__: {a: 1}\nconstructor: 2') as object[])).toHaveLength(1);
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('hostile YAML ends in one clear error', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 12; i++) bomb.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`);
  const merges = ['m0: &m0 {x: 1}'];
  for (let i = 1; i < 200; i++) merges.push(`m${i}: &m${i} {<<: [*m${i - 1}, *m${i - 1}], k${i}: 1}`);

  it.each([
    ['aliases that double and double', bomb.join('\n'), /larger than memory/],
    ['merges upon merges', merges.join('\n'), /nesting|deeper|merge/],
    ['aliases in a circle', 'a: &a {b: *a}', /circle/],
    ['brackets without end', '['.repeat(100_000), /cannot be read as YAML/],
    ['a nesting deeper than any object', `${'['.repeat(5000)}${']'.repeat(5000)}`, /cannot be read|deeper/],
    ['a tag of code', 'a: !!js/function "x"', /tag/],
    ['one key twice', 'a: 1\na: 2', /duplicated/],
    ['a number without an end', 'a: .inf', /number/],
    ['a number that would change', 'a: 9007199254740993', /number/],
    ['what is no YAML', 'password: "s3cret\n  b: [', /line/],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) as string }),
    );
  });

  it('shows nothing of the text, which may be a Secret', () => {
    let shown = '';
    try {
      read('password: "s3cret\n  b: [');
    } catch (error) {
      shown = (error as Error).message;
    }
    expect(shown).toContain('app.yaml');
    expect(shown).not.toContain('s3cret');
  });
});
