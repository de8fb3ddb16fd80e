import { describe, expect, it } from 'vitest';
import { defaultBackupName, parseBackupName } from './backup-name.ts';

describe('the name of a backup', () => {
  it.each(['a', '1', 'nightly', 'all-20261121-083000', 'v1.36.3', 'a.b-c.d', 'a--b', 'a'.repeat(200)])(
    'may be %s',
    (name) => {
      expect(parseBackupName(name)).toBe(name);
    },
  );

  it.each([
    ...['', '-a', 'a-', '.a', 'a.', 'a..b', 'a.-b', 'a-.b', 'A', 'a_b', 'a b', 'a/b', '../a', 'ä', 'a\n', '*'],
    'a'.repeat(201),
  ])('may not be %j', (name) => {
    expect(() => parseBackupName(name)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it.each([
    ['all', '2026-11-21T08:30:00.999Z', 'all-20261121-083000'],
    ['infra', '2027-01-02T03:04:05Z', 'infra-20270102-030405'],
    [undefined, '2026-12-31T23:59:59Z', 'custom-20261231-235959'],
  ])('is made of the preset %s and the time %s in UTC', (preset, time, name) => {
    expect(defaultBackupName(preset, Date.parse(time))).toBe(name);
    expect(parseBackupName(name)).toBe(name);
  });
});
