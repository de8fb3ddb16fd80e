import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launcher } from '../support/plugin.ts';

const root = resolve(import.meta.dirname, '../..');

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'infrabackup-launcher-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((done) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      done({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the launcher', () => {
  it.each(['8.17.0', '20.20.2', '22.18.0'])('says one clear sentence on Node %s', async (version) => {
    const pretend = join(scratch, 'pretend.cjs');
    await writeFile(pretend, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
    expect(await run(process.execPath, ['--require', pretend, launcher, 'version', '--client'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: kubectl-infrabackup needs Node 22.19 or newer; this is Node ${version}\n`,
    });
  });

  it('is written so that an old Node parses it', async () => {
    // Nothing later than ES2015 but import(), which Node 10 knows; a module of today would not even be parsed.
    const text = await readFile(launcher, 'utf8');
    expect(text).not.toMatch(/\?\.|\?\?|=>|`|^\s*(import |export |const |let )/m);
  });

  it('says how to build what is not built', async () => {
    await cp(dirname(launcher), join(scratch, 'plugin/bin'), { recursive: true });
    await writeFile(join(scratch, 'plugin/package.json'), '{"type":"module"}');
    expect(await run(process.execPath, [join(scratch, 'plugin/bin/kubectl-infrabackup.js'), 'list'])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: kubectl-infrabackup is not built\nhint: npm run build\n',
    });
  });

  it('is what npx runs in the root of the repository', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'plugin/package.json'), 'utf8')) as { version: string };
    const { stdout, exitCode } = await run('npx', ['kubectl-infrabackup', 'version', '--client'], { cwd: root });
    expect([exitCode, stdout]).toEqual([0, `Client Version: v${version}\nArchive Format: 1.0\n`]);
  });

  it('keeps what it compiled in the cache of the user, and does without where there can be none', async () => {
    const list = (cache: string): Promise<Ended> =>
      run(process.execPath, [launcher, 'list', '--from', scratch], {
        env: { ...process.env, XDG_CACHE_HOME: cache },
      });
    const cache = join(scratch, 'cache');
    const first = await list(cache);
    expect(first.exitCode).toBe(0);
    const folder = join(cache, 'infrabackup/compiled');
    const kept = (await readdir(folder, { recursive: true })).sort();
    expect(kept.length).toBeGreaterThan(3);
    expect(await list(cache)).toEqual(first);
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(kept);
    // Below /proc nothing can be made, nor can Node be stopped from trying.
    for (const none of ['/dev/null', '/proc/none']) expect(await list(none)).toEqual(first);
  });

  it('answers version and completion without loading the parser or the engine', async () => {
    const loaded = await staticImports('main.js');
    expect(loaded.length).toBeLessThan(6);
    for (const name of loaded) {
      const text = await readFile(join(root, 'plugin/dist', name), 'utf8');
      expect(text.length, name).toBeLessThan(10_000);
      expect(text, name).not.toMatch(/YError|createHash/);
    }
  });
});

/** The files of the bundle that are loaded with one of them. */
async function staticImports(name: string, seen: Set<string> = new Set()): Promise<readonly string[]> {
  seen.add(name);
  const text = await readFile(join(root, 'plugin/dist', name), 'utf8');
  for (const [, next] of text.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)) {
    if (next !== undefined && !seen.has(next)) await staticImports(next, seen);
  }
  return [...seen];
}
