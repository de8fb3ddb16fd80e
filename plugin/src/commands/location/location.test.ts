import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../command-line.ts';
import { memoryShell } from '../../testing/memory-shell.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'infrabackup-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function run(typed: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const shell = memoryShell({ home, workingFolder: home });
  const exitCode = await runCommandLine(typed.split(' '), shell);
  const clean = (text: string): string => text.replaceAll(home, '/HOME');
  return { exitCode, stdout: clean(shell.stdout()), stderr: clean(shell.stderr()) };
}

const builtIn = 'file:///HOME/.local/share/infrabackup';

describe('location', () => {
  it('lists the built-in one before any is configured', async () => {
    expect(await run('location list')).toEqual({
      exitCode: 0,
      stdout: `NAME    DEFAULT   URI\nlocal   *         ${builtIn}\n`,
      stderr: '',
    });
    expect(await readdir(home)).toEqual([]);
  });

  it('adds, makes default and removes', async () => {
    expect((await run('location add usb ./usb --default')).stdout).toBe(
      'location "usb" added: file:///HOME/usb, the default\n',
    );
    expect((await run('location list -o name')).stdout).toBe('local\nusb\n');
    expect((await run('location list --no-headers')).stdout).toMatch(/^usb +\* +file:\/\/\/HOME\/usb$/m);
    expect((await run('list')).stderr).toContain('No backups found in file:///HOME/usb');
    expect((await run('location set-default local')).stdout).toBe(`location "local" is the default: ${builtIn}\n`);
    await run('location set-default usb');
    expect(await run('location remove usb')).toEqual({
      exitCode: 0,
      stdout: 'location "usb" removed; its backups stay in file:///HOME/usb\n',
      stderr: 'the default location is local again\n',
    });
  });

  it('tries a place out and leaves nothing behind', async () => {
    const { exitCode, stdout } = await run('location check ./usb');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok {6}a value can be written$/m);
    expect(stdout).toMatch(/^file:\/\/\/HOME\/usb is fit for backups$/m);
    expect(await readdir(join(home, 'usb')).catch(() => [])).not.toContain('backups');
    const inJson = JSON.parse((await run('location check ./usb -o json')).stdout) as { steps: { outcome: string }[] };
    expect(inJson.steps.every(({ outcome }) => outcome === 'done')).toBe(true);
  });

  it('says what is wrong with a place', async () => {
    await writeFile(join(home, 'file'), '');
    const { exitCode, stdout, stderr } = await run('location check ./file');
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^failed {2}a value can be written$/m);
    expect(stderr).toMatch(/^error: /);
  });

  it.each([
    ['location add local ./x', 5, 'the location local exists already'],
    ['location add Bad ./x', 2, 'cannot name a location'],
    ['location add s3 s3://key:secret@bucket', 2, 'carries a user name or password'],
    ['location add x ./x --option hardLinks', 2, '--option takes key=value'],
    ['location remove nope', 4, 'no location is called "nope"'],
    ['location remove local', 2, 'is built in and stays'],
    ['location set-default nope', 4, 'no location is called "nope"'],
    ['location check nope', 4, 'no location is called "nope"'],
    ['list --from nope', 4, 'no location is called "nope"'],
    ['location frobnicate', 2, "unknown command 'frobnicate' for 'kubectl infrabackup location'"],
    ['location lst', 2, "did you mean 'kubectl infrabackup location list'?"],
  ])('%s ends with %i', async (typed, exitCode, message) => {
    const found = await run(typed);
    expect(found.stderr).toContain(message);
    expect([found.stdout, found.exitCode]).toEqual(['', exitCode]);
  });

  it('keeps no secret of an option in any message or file', async () => {
    const { exitCode, stderr } = await run('location add x file:///x --option secretKey=hunter2');
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('hunter2');
    await expect(readFile(join(home, '.config/infrabackup/config.yaml'), 'utf8')).rejects.toThrow();
  });

  it('lists its verbs', async () => {
    expect((await run('location')).stdout).toMatch(/^ {2}location list +List/m);
  });
});
