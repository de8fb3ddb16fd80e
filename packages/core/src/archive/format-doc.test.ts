import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { backupFiles } from '../location/backup-files.ts';
import { randomFrom } from '../testing/random.ts';
import { randomSample, writeSample } from '../testing/sample-backup.ts';
import { memberContentBytes } from './archive-layout.ts';
import { formatTail, tailBytes } from './archive-tail.ts';
import { objectPath } from './archive-layout.ts';
import { formatVersion } from './summary.ts';

const page = readFileSync(new URL('../../../../docs/format.md', import.meta.url), 'utf8');
const scripts = Array.from(page.matchAll(/^```sh\n(.*?)^```$/gms), ([, script]) => script!);

const folder = mkdtempSync(join(tmpdir(), 'infrabackup-format-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tools = ['bash', 'tar', 'zcat', 'jq', 'sha256sum', 'openssl'];
const missing = tools.filter((tool) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

describe(`docs/format.md, by hand${missing.length > 0 ? ` (not run: no ${missing.join(', ')})` : ''}`, () => {
  test.skipIf(missing.length > 0)('does what it says, command by command', async () => {
    const objects = randomSample(randomFrom(5), 120).filter(({ ref }) => ref.name.length <= 250);
    const { store } = await writeSample(objects);
    const { archive, index, velero, summary } = backupFiles('sample');
    for (const key of [archive, index, velero, summary])
      writeFileSync(join(folder, basename(key)), await store.read(key));

    expect(scripts).toHaveLength(2);
    const env = { ...process.env, NAME: 'sample' };
    const said = scripts.map((script) =>
      execFileSync('bash', ['-euc', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }).toString(),
    );
    expect(said[0]).toContain('sample.tar.gz: OK\nsample-index.jsonl.gz: OK\nvelero-backup.json: OK\n');
    expect(said[0]).toContain(`\n${objects.filter(({ ref }) => ref.type === 'secrets').length}\tsecrets\n`);
    expect(said[0]).toContain(objects.map(({ ref }) => `${ref.namespace ?? '-'}\t${ref.name}\n`).join(''));
    expect(said[0]).toMatch(/\n1\.1\.0\n$/);
    for (const { ref, json } of objects) {
      expect(readFileSync(join(folder, 'extracted', objectPath(ref)), 'utf8')).toBe(json);
    }
    expect(readFileSync(join(folder, 'object.json'), 'utf8')).toBe(objects[0]!.json);
  });
});

describe('docs/format.md', () => {
  test.each([
    ['the version', `format **${formatVersion}**`],
    ['the size of members', memberContentBytes.toLocaleString('en')],
    ['the length of the tail', `always ${tailBytes} bytes long`],
    ['how the tail begins', hex(formatTail({ headerOffset: 0, indexOffset: 0 }).subarray(0, 12))],
    ['how the tail ends', hex(formatTail({ headerOffset: 0, indexOffset: 0 }).subarray(32, 43))],
  ])('says what the code does: %s', (_, words) => {
    expect(page).toContain(words);
  });
});

function hex(bytes: Buffer): string {
  return bytes.toString('hex').replace(/..(?=.)/g, '$& ');
}
