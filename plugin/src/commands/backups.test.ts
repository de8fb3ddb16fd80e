import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { memoryShell, type MemoryShell, type MemoryShellOptions } from '../testing/memory-shell.ts';
import { sampleLocation, type SampleLocation } from '../testing/sample-backup.ts';

let location: SampleLocation;
beforeEach(async () => {
  location = await sampleLocation();
});
afterEach(() => location[Symbol.asyncDispose]());

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: readonly string[], options?: MemoryShellOptions): Promise<Ran> {
  const shell: MemoryShell = memoryShell(options);
  const exitCode = await runCommandLine([...argv, '--from', location.folder], shell);
  const clean = (text: string): string => text.replaceAll(location.folder, '/LOCATION');
  return { exitCode, stdout: clean(shell.stdout()), stderr: clean(shell.stderr()) };
}

/** Without what depends on zlib's version: digests and compressed sizes. */
function withoutBytes(text: string): string {
  return text.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST').replaceAll(/\d\.\d KiB/g, 'n.n KiB');
}

const names = async (): Promise<readonly string[]> =>
  (await readdir(join(location.folder, 'backups')).catch(() => [])).sort();

describe('list', () => {
  beforeEach(async () => {
    await location.backUp('first', { at: '2026-11-18T09:30:00Z', ttlMs: 3_600_000, labels: { team: 'shop' } });
    await location.backUp('second', { at: '2026-11-21T08:30:00Z', ttlMs: 30 * 86_400_000 });
    await location.backUp('third', {
      at: '2026-11-20T09:30:00Z',
      failures: [{ groupVersion: 'wardle.example.com/v1', message: 'the back end is away' }],
    });
  });

  it.each([
    ['the newest first', [], 'list'],
    ['more with -o wide', ['-o', 'wide'], 'list-wide'],
    ['names alone', ['-o', 'name'], 'list-names'],
    ['those whose labels match', ['-l', 'team=shop', '--no-headers'], 'list-labelled'],
  ])('shows %s', async (_, typed, golden) => {
    const { exitCode, stdout, stderr } = await run(['list', ...typed]);
    expect([exitCode, stderr]).toEqual([0, '']);
    await expect(withoutBytes(stdout)).toMatchFileSnapshot(`__golden__/${golden}.txt`);
  });

  it('gives programs whole summaries', async () => {
    const { items } = JSON.parse((await run(['list', '-o', 'json'])).stdout) as {
      items: { name: string; digest: string }[];
    };
    expect(items.map(({ name }) => name)).toEqual(['second', 'third', 'first']);
    expect(items[0]?.digest).toMatch(/^sha256:/);
  });

  it('shows a backup whose summary cannot be read, and says so with the exit code', async () => {
    await writeFile(join(location.folder, 'backups/third/third-summary.json'), '{"format":');
    const { exitCode, stdout, stderr } = await run(['list']);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^third +<unknown> +Unreadable$/m);
    expect(stderr).toMatch(/^warning: third: /);
  });

  it('says how to make one when there is none', async () => {
    await rm(join(location.folder, 'backups'), { recursive: true });
    const { exitCode, stdout, stderr } = await run(['list']);
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(stderr).toContain("make one by 'kubectl infrabackup create --to /LOCATION'");
  });
});

describe('describe', () => {
  it('tells all of a backup', async () => {
    await location.backUp('nightly', {
      labels: { team: 'shop' },
      failures: [{ groupVersion: 'wardle.example.com/v1', message: 'the back end is away' }],
    });
    const { exitCode, stdout } = await run(['describe', 'nightly']);
    expect(exitCode).toBe(0);
    await expect(withoutBytes(stdout)).toMatchFileSnapshot('__golden__/describe.txt');
  });

  it('finds a backup by its folder and by its tarball, also when that lies alone', async () => {
    await location.backUp('nightly');
    const folder = join(location.folder, 'backups/nightly');
    const describeAt = async (path: string, workingFolder = '/'): Promise<Ran> => {
      const shell = memoryShell({ workingFolder });
      const exitCode = await runCommandLine(['describe', path], shell);
      return { exitCode, stdout: shell.stdout(), stderr: shell.stderr() };
    };
    expect((await describeAt(folder)).stdout).toContain('Name:        nightly');
    expect((await describeAt('./nightly.tar.gz', folder)).stdout).toContain('Digest:      sha256:');
    await rm(join(folder, 'nightly-summary.json'));
    expect((await describeAt('nightly.tar.gz', folder)).stdout).toContain('Digest:      <unknown');
    expect(await describeAt(folder)).toMatchObject({ exitCode: 4 });
    expect(await describeAt('./nope.tar.gz', folder)).toMatchObject({ exitCode: 4 });
  });

  it('refuses a path beside a location', async () => {
    expect(await run(['describe', './nightly'])).toMatchObject({ exitCode: 2 });
  });
});

describe('delete', () => {
  beforeEach(async () => {
    await location.backUp('one');
    await location.backUp('two');
  });

  it('asks, and deletes on yes', async () => {
    const { exitCode, stdout, stderr } = await run(['delete', 'one', 'two'], { answer: 'yes' });
    expect([exitCode, stdout]).toEqual([0, 'backup "one" deleted\nbackup "two" deleted\n']);
    expect(stderr).toContain('Delete 2 backups one, two from file:///LOCATION for good? [y/N] ');
    expect(await names()).toEqual([]);
  });

  it.each(['', 'n', 'yess', 'no'])('keeps everything on %j', async (answer) => {
    const { exitCode, stderr } = await run(['delete', 'one'], { answer });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('nothing was changed');
    expect(await names()).toEqual(['one', 'two']);
  });

  it('says so where there is nothing that it could be about', async () => {
    expect((await run(['prune', '-l', 'a=b', '--dry-run'])).stdout).toMatch(
      /^nothing to prune: .* that this is about\n$/,
    );
    expect((await run(['prune', '--cluster-uid=other'])).stdout).toContain('no backup that this is about');
    await rm(join(location.folder, 'backups'), { recursive: true });
    expect(await run(['prune', '--dry-run'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/has no backup\n$/) as string,
    });
  });

  it.each([
    ['--keep-within=90s', "error: --keep-within takes a length of time, not '90s'"],
    ['--keep-last=-1', "error: --keep-last takes a whole number, not '-1'"],
  ])('names the flag whose value it cannot take: %s', async (rule, message) => {
    expect(await run(['prune', rule])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(message) as string,
    });
  });

  it('is an error that names --yes where there is nobody to ask', async () => {
    const { exitCode, stderr } = await run(['delete', 'one']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain('hint: kubectl infrabackup delete one --from /LOCATION --yes');
    expect(await names()).toEqual(['one', 'two']);
  });

  it('deletes nothing when one of the names does not exist', async () => {
    const { exitCode, stderr } = await run(['delete', 'one', 'nope', '--yes']);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('has no backup nope; nothing was deleted');
    expect(await names()).toEqual(['one', 'two']);
  });

  it('prints names for scripts', async () => {
    expect((await run(['delete', 'one', '--yes', '-o', 'name'])).stdout).toBe('one\n');
  });
});

describe('prune', () => {
  beforeEach(async () => {
    await location.backUp('kept', { at: '2026-11-21T08:30:00Z' });
    await location.backUp('old', { at: '2026-11-18T08:30:00Z', ttlMs: 3_600_000 });
  });

  it('tells what would go and what stays, and why', async () => {
    const { exitCode, stdout } = await run(['prune', '--dry-run']);
    expect(exitCode).toBe(0);
    await expect(stdout).toMatchFileSnapshot('__golden__/prune-dry-run.txt');
    expect(await names()).toEqual(['kept', 'old']);
  });

  it('keeps by rules, and says of each backup why', async () => {
    await location.backUp('yesterday', { at: '2026-11-20T08:30:00Z' });
    await location.backUp('earlier', { at: '2026-11-20T07:30:00Z' });
    const rules = ['--keep-last=1', '--keep-daily=2', '--keep-within=24h'];
    const { stdout } = await run(['prune', '--dry-run', ...rules]);
    await expect(stdout).toMatchFileSnapshot('__golden__/prune-rules.txt');
    expect((await run(['prune', '--yes', ...rules])).exitCode).toBe(0);
    expect(await names()).toEqual(['kept', 'yesterday']);
  });

  it('looks at whole names and labels only', async () => {
    await location.backUp('old-2', { at: '2026-11-18T08:30:00Z', ttlMs: 3_600_000, labels: { a: 'b' } });
    await location.backUp('old-3', { at: '2026-11-18T08:30:01Z', ttlMs: 3_600_000, labels: { a: 'b' } });
    expect((await run(['prune', 'old', 'kept', '--yes'])).stdout).toMatch(/^backup "old" deleted/);
    expect(await names()).toEqual(['kept', 'old-2', 'old-3']);
    await run(['prune', '-l', 'a=b', '--yes']);
    expect(await names()).toEqual(['kept', 'old-3']);
    expect((await run(['prune', '--cluster-uid=other', '--keep-last=1', '--yes'])).stdout).toContain(
      'nothing to prune',
    );
    const { exitCode, stderr } = await run(['prune', 'ol', '--yes']);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('has no backup ol; nothing was deleted')]);
  });

  it('refuses a rule that keeps nothing', async () => {
    expect(await run(['prune', '--keep-last=0', '--yes'])).toMatchObject({ exitCode: 2 });
    expect(await names()).toEqual(['kept', 'old']);
  });

  it('deletes what has expired', async () => {
    const { exitCode, stdout } = await run(['prune', '--yes']);
    expect([exitCode, stdout]).toEqual([0, 'backup "old" deleted (expired 2026-11-18T09:30:00Z)\n']);
    expect(await names()).toEqual(['kept']);
  });

  it('asks nobody when there is nothing to do', async () => {
    await run(['prune', '--yes']);
    expect(await run(['prune'])).toMatchObject({ exitCode: 0, stdout: 'nothing to prune: 1 backup kept\n' });
  });

  it('is an error that names --yes where there is nobody to ask', async () => {
    const { exitCode, stderr } = await run(['prune']);
    expect(exitCode).toBe(6);
    expect(stderr).toContain('hint: kubectl infrabackup prune --from /LOCATION --yes');
    const narrowed = await run(['prune', '-l', 'a!=b', '--keep-weekly=1', '--keep-within=1h30m']);
    expect(narrowed.stderr).toContain(
      "hint: kubectl infrabackup prune --from /LOCATION -l 'a!=b' --keep-weekly 1 --keep-within 90m --yes",
    );
    expect(await names()).toEqual(['kept', 'old']);
  });
});

describe('verify', () => {
  beforeEach(() => location.backUp('nightly'));

  const digestOf = async (): Promise<string> =>
    (JSON.parse((await run(['describe', 'nightly', '-o', 'json'])).stdout) as { digest: string }).digest;

  it('says that a backup is whole, and which it is', async () => {
    const digest = await digestOf();
    const { exitCode, stdout } = await run(['verify', 'nightly', '--digest', digest]);
    expect([exitCode, stdout]).toEqual([0, `nightly is whole: 10 objects, ${digest}\n`]);
  });

  it('tells another backup from a damaged one', async () => {
    const { exitCode, stdout, stderr } = await run(['verify', 'nightly', '--digest', `sha256:${'0'.repeat(64)}`]);
    expect(exitCode).toBe(9);
    expect(stdout).toContain("other: the backup's digest is ");
    expect(stderr).toContain('nightly is whole, but not the backup of that digest');
  });

  it('names what is damaged, in text and in JSON', async () => {
    await writeFile(join(location.folder, 'backups/nightly/nightly-index.jsonl.gz'), 'nonsense');
    const { exitCode, stdout, stderr } = await run(['verify', 'nightly']);
    expect(exitCode).toBe(9);
    expect(stdout).toMatch(/^damaged: nightly-index.jsonl.gz /m);
    expect(stderr).toContain('error: nightly is damaged in ');
    const inJson = await run(['verify', 'nightly', '-o', 'json']);
    expect((JSON.parse(inJson.stdout) as { findings: unknown[] }).findings.length).toBeGreaterThan(0);
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { code: 'BACKUP_DAMAGED', exitCode: 9 } });
  });

  it.each(['2c00', 'sha256:2c00', `md5:${'0'.repeat(64)}`])('refuses %s for a digest', async (digest) => {
    expect(await run(['verify', 'nightly', '--digest', digest])).toMatchObject({ exitCode: 2 });
  });
});
