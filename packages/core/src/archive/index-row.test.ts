import { expect, test } from 'vitest';
import { parseBlock } from './index-block.ts';
import { scanBlock } from './index-row.ts';

const digest = (letter: string): string => letter.repeat(43);
const heading = '{"type":"configmaps","members":[[0,100],[100,50]]}';
const line = (...cells: readonly unknown[]): string => JSON.stringify(cells);
const block = (...lines: readonly string[]): string => [heading, ...lines].map((text) => `${text}\n`).join('');

const lines = [
  line(null, 'cluster', 0, 0, 10, digest('a'), digest('b'), 'u1', []),
  line('shop', 'quoted " and \\ back', 0, 10, 20, digest('c'), null, '', ['o1', 'o2']),
  line('shop', 'ünï-日本🦊', 1, 0, 20, digest('d'), digest('e'), 'u3', []),
];

test('finds in each line what parsing it finds', () => {
  const text = block(...lines);
  const rows = scanBlock(text, 'configmaps', 150, 'here');
  expect(rows.map((row) => row.entry())).toEqual(parseBlock(text, 150, 'here'));
  expect(rows.map(({ stored, content }) => [stored, content])).toEqual([
    [digest('a'), digest('b')],
    [digest('c'), undefined],
    [digest('d'), digest('e')],
  ]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(3);
});

test('finds the same in a block of which one line has escapes as in one of which none has', () => {
  const [plain] = scanBlock(block(lines[2]!), 'configmaps', 150, 'here');
  const rows = scanBlock(block(...lines), 'configmaps', 150, 'here');
  expect(rows[2]).toMatchObject({ key: plain!.key, stored: plain!.stored, content: plain!.content });
});

test('gives lines of another make the same keys', () => {
  const spaced = line('shop', 'web', 0, 0, 10, digest('a'), null, '', []).replaceAll(',', ', ');
  const [row] = scanBlock(block(spaced), 'configmaps', 150, 'here');
  const [usual] = scanBlock(block(JSON.stringify(JSON.parse(spaced))), 'configmaps', 150, 'here');
  expect(row?.key).toBe(usual?.key);
  expect(row?.entry()).toEqual(usual?.entry());
});

test('says which line is no entry, and which entry names bytes that are not there', () => {
  const broken = scanBlock(block(lines[0]!, '["shop"]'), 'configmaps', 150, 'here');
  expect(() => broken[1]!.key).toThrow(expect.objectContaining({ code: 'BACKUP_DAMAGED' }));
  const beyond = scanBlock(block(line('shop', 'web', 7, 0, 10, digest('a'), null, '', [])), 'configmaps', 150, 'here');
  expect(() => beyond[0]!.entry()).toThrow(expect.objectContaining({ code: 'BACKUP_DAMAGED' }));
});
