import { describe, expect, it } from 'vitest';
import { overtakenKey, planCommit, type Files } from './plan-commit.ts';
import { formatValueTable, parseValueTable, valueTableName, type ValueRow } from './value-table.ts';

const row = (id: string, sizeBytes = 1): ValueRow => ({ id, sizeBytes, modifiedMs: 5 });
const table = (...rows: readonly [string, ValueRow][]): ReadonlyMap<string, ValueRow> => new Map(rows);
const files = (entries: Readonly<Record<string, string>>): Files => new Map(Object.entries(entries));
const noKeys = new Map<string, string | undefined>();

describe('a commit', () => {
  const base = files({ 'a/k': 'aa', 'a/by-hand': 'bb', [`a/${valueTableName}`]: 'tt', 'objects/x.yaml': '11' });
  const tables = new Map([['a/', table(['k', row('aa')], ['by-hand', row('c0')])]]);

  it('brings values, and the table of their folder', () => {
    const values = new Map([['a/l', row('cc', 3)]]);
    expect([...planCommit({ values, before: noKeys }, base, tables)]).toEqual([
      ['a/l', { id: 'cc' }],
      // The row of a file that somebody has changed by hand goes: it says nothing true any more.
      [`a/${valueTableName}`, { text: 'aa 1 5 k\ncc 3 5 l\n' }],
    ]);
  });

  it('takes the table away with the last value', () => {
    const held = files({ 'b/k': 'aa', [`b/${valueTableName}`]: 'tt' });
    const changes = planCommit(
      { values: new Map([['b/k', undefined]]), before: noKeys },
      held,
      new Map([['b/', table(['k', row('aa')])]]),
    );
    expect([...changes]).toEqual([
      ['b/k', undefined],
      [`b/${valueTableName}`, undefined],
    ]);
  });

  it('is none where the branch holds just that', () => {
    const values = new Map([['k', row('aa')]]);
    const text = formatValueTable(values);
    const held = files({ k: 'aa', [valueTableName]: 'tt', 'objects/x.yaml': '11' });
    const objects = { files: files({ 'objects/x.yaml': '11' }), gone: ['objects/y.yaml'] };
    expect(planCommit({ values, before: noKeys, objects }, held, new Map([['', parseValueTable(text)]])).size).toBe(0);
  });

  it('brings the readable tree up to date with whatever the branch holds by then', () => {
    const objects = { files: files({ 'objects/x.yaml': '22', 'objects/z.yaml': '33' }), gone: ['objects/y.yaml'] };
    const staged = { values: new Map<string, ValueRow | undefined>(), before: noKeys, objects };
    expect(Object.fromEntries(planCommit(staged, base, tables))).toEqual({
      'objects/x.yaml': { id: '22' },
      'objects/z.yaml': { id: '33' },
    });
    const later = files({ 'objects/x.yaml': '22', 'objects/y.yaml': '44' });
    expect(Object.fromEntries(planCommit(staged, later, tables))).toEqual({
      'objects/y.yaml': undefined,
      'objects/z.yaml': { id: '33' },
    });
  });
});

describe('a key is overtaken', () => {
  it.each<[string, string | undefined, string | undefined, string | undefined, boolean]>([
    ['that was created and is not there', undefined, 'aa', undefined, false],
    ['that was created and is there by now', undefined, 'aa', 'bb', true],
    ['that was replaced and is as it was', 'bb', 'aa', 'bb', false],
    ['that was replaced and is another by now', 'bb', 'aa', 'cc', true],
    ['that was replaced and is gone', 'bb', 'aa', undefined, true],
    ['that was removed and is another by now', 'bb', undefined, 'cc', true],
    ['that was removed and is gone anyway', 'bb', undefined, undefined, false],
  ])('%s', (_, before, written, now, isOvertaken) => {
    const staged = {
      values: new Map([['k', written === undefined ? undefined : row(written)]]),
      before: new Map([['k', before]]),
    };
    expect(overtakenKey(staged, now === undefined ? new Map() : files({ k: now }))).toBe(isOvertaken ? 'k' : undefined);
  });
});
