import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { randomFrom, seeds } from '../testing/random.ts';
import { paddedBytes, tarEntry, tarPath } from './tar-entry.ts';

const folder = (length: number): string => 'd'.repeat(length);
const file = (length: number): string => 'f'.repeat(length);

describe('a path', () => {
  test.each([
    ['of 100 bytes is a name', file(100), { prefix: '', name: file(100) }],
    ['of 101 bytes is parted', `a/${file(99)}`, { prefix: 'a', name: file(99) }],
    [
      'is parted at the first slash that leaves a name that fits',
      `a/b/${file(97)}`,
      { prefix: 'a', name: `b/${file(97)}` },
    ],
    ['fills both fields', `${folder(155)}/${file(100)}`, { prefix: folder(155), name: file(100) }],
    ['with a folder too long for the prefix needs a pax header', `${folder(156)}/${file(100)}`, undefined],
    ['with a name too long needs a pax header', `a/${file(101)}`, undefined],
    ['without a slash needs a pax header', file(101), undefined],
    ['beyond ASCII needs a pax header', 'ünï', undefined],
    ['with a line feed needs a pax header', 'a\nb', undefined],
  ])('%s', (_, path, ustar) => {
    expect(tarPath(path).ustar).toEqual(ustar);
    expect(tarPath(path).headerBytes).toBe(ustar === undefined ? 1536 : 512);
  });

  test('whose pax record grows by a digit for its own length counts that digit', () => {
    for (const length of [80, 85, 86, 87, 88, 89, 90, 91, 92, 980, 988, 989, 990, 991]) {
      const { pax } = tarPath('ü'.repeat(length));
      expect(Number(/^\d+/.exec(pax!.toString())![0])).toBe(pax!.length);
    }
  });
});

const python = `
import io, json, sys, tarfile
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())) as tar:
    print(json.dumps([[member.name, tar.extractfile(member).read().decode()] for member in tar]))
`;

const hasPython = ((): boolean => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasPython).each(seeds(3))('any paths and contents are read back by Python, seed %i', (seed) => {
  const random = randomFrom(seed);
  const letters = (most: number): string =>
    Array.from({ length: 1 + random.below(most) }, () =>
      random.pick(['a', 'b', '.', ':', '-', random.chance(0.02) ? '日' : 'x']),
    ).join('');
  const entries = Array.from({ length: 200 }, (_, i) => {
    const path = [...Array.from({ length: random.below(4) }, () => letters(110)), `${letters(260)}-${i}`].join('/');
    return [path, 'content '.repeat(random.below(200))] as const;
  });
  const tar = Buffer.concat([
    ...entries.map(([path, content]) => tarEntry(path, Buffer.from(content))),
    Buffer.alloc(1024),
  ]);
  const read = execFileSync('python3', ['-c', python], { input: tar, maxBuffer: 1 << 28 });
  expect(JSON.parse(read.toString())).toEqual(entries);
});

test.each([
  [0, 0],
  [1, 512],
  [512, 512],
  [513, 1024],
])('%i bytes of content take %i', (sizeBytes, padded) => {
  expect(paddedBytes(sizeBytes)).toBe(padded);
});
