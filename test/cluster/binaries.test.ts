import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BinariesUnavailableError, provisionBinaries } from './binaries.ts';
import { buildBinaries, moduleFile } from './binaries-build.ts';
import { controlPlanePrograms, type BinarySource } from './binary-source.ts';
import { readCommandLines } from './command-lines.ts';
import { runCommand } from './run-command.ts';
import type { RunStep } from './steps.ts';
import { temporaryFolder } from './temporary-folder.ts';

const quietly: RunStep = (_what, _usualSeconds, work) => work(() => undefined);

/** Programs that say what they are; the API server also says its version, as the real one does. */
async function writePrograms(folder: string, version: string, except: readonly string[] = []): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const program of controlPlanePrograms.filter((name) => !except.includes(name))) {
    await writeFile(join(folder, program), `#!/bin/sh\necho Kubernetes v${version}\n`);
    await chmod(join(folder, program), 0o755);
  }
}

const working: BinarySource = async ({ folder, version }) => {
  await writePrograms(folder, version);
  return undefined;
};
const closed: BinarySource = () => Promise.resolve('this way is closed');
const notAsked: BinarySource = () => expect.unreachable('nothing has to be got');

describe('provisionBinaries', () => {
  let cache: string;
  let versions: string;
  beforeEach(async () => {
    cache = await temporaryFolder('cache');
    versions = join(cache, 'infrabackup', 'kubernetes');
    vi.stubEnv('XDG_CACHE_HOME', cache);
    vi.stubEnv('INFRABACKUP_KUBE_BINARIES', '');
    return () => vi.unstubAllEnvs();
  });
  const provision = (version: string, ...sources: BinarySource[]): Promise<unknown> =>
    provisionBinaries(version, { runStep: quietly, sources });

  it('gets what is missing by the first way that is open, and finds it in the cache from then on', async () => {
    const found = { version: '1.36.3', folder: join(versions, 'v1.36.3') };
    expect(await provision('v1.36.3', closed, working, notAsked)).toEqual(found);
    expect(await provision('1.36.3', notAsked)).toEqual(found);
    expect(await readdir(versions)).toEqual(['v1.36.3']);
  });

  it.each([
    ['a folder per version', 'v1.36.3'],
    ['a folder per version without the v', '1.36.3'],
    ['one folder', '.'],
  ])("prefers the user's own folder: %s", async (_, name) => {
    const own = await temporaryFolder('own');
    await writePrograms(join(own, name), '1.36.3');
    vi.stubEnv('INFRABACKUP_KUBE_BINARIES', own);
    await writePrograms(join(versions, 'v1.36.3'), '1.36.3');
    expect(await provision('1.36.3', notAsked)).toEqual({ version: '1.36.3', folder: join(own, name) });
  });

  it("passes the user's own folder by when it holds another version or not all programs, and says so", async () => {
    const own = await temporaryFolder('own');
    vi.stubEnv('INFRABACKUP_KUBE_BINARIES', own);
    await writePrograms(own, '1.30.14', ['kubectl']);
    await expect(provision('1.36.3', closed)).rejects.toThrow('itself lacks kubectl');
    await writePrograms(own, '1.30.14');
    await expect(provision('1.36.3', closed)).rejects.toThrow('holds Kubernetes v1.30.14, not v1.36.3');
  });

  it('says of each way why it was closed and what to install, and leaves nothing', async () => {
    const failure = await provision('1.36.3', closed, closed).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BinariesUnavailableError);
    expect(String(failure)).toMatch(
      /1\.36\.3.*\n.*closed\n.*closed\n.*Install Go.*\n.*INFRABACKUP_KUBE_BINARIES.*etcd/,
    );
    expect(await readdir(versions)).toEqual([]);
  });

  it.each(['1.36', 'latest', '1.36.3/../..', ''])('refuses the version %j', async (version) => {
    await expect(provision(version, notAsked)).rejects.toThrow('not a Kubernetes version');
  });

  it('keeps nothing of a source that fails half-way', async () => {
    const halfWay: BinarySource = async ({ folder }) => {
      await writeFile(join(folder, 'etcd'), 'half');
      throw new Error('the disk is full');
    };
    await expect(provision('1.36.3', halfWay)).rejects.toThrow('the disk is full');
    expect(await readdir(versions)).toEqual([]);
  });

  it('keeps nothing of a source that forgets a program', async () => {
    const forgetful: BinarySource = async ({ folder, version }) => {
      await writePrograms(folder, version, ['kube-controller-manager']);
      return undefined;
    };
    await expect(provision('1.36.3', forgetful)).rejects.toThrow('kube-controller-manager');
    expect(await readdir(versions)).toEqual([]);
  });

  it('lets two runs at once wait for one another, so that one gets it for both', async () => {
    let calls = 0;
    const slow: BinarySource = async (request) => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return working(request);
    };
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const [first, second] = await Promise.all([provision('1.36.3', slow), provision('1.36.3', slow)]);
    vi.restoreAllMocks();
    expect(first).toEqual(second);
    expect(calls).toBe(1);
  });

  it('leaves no half file and no running build when it is killed, and the next run takes over at once', async () => {
    const script = `
      import { provisionBinaries } from ${JSON.stringify(join(import.meta.dirname, 'binaries.ts'))};
      await provisionBinaries('1.36.3', { sources: [({ start, folder }) => new Promise(() => {
        start('/bin/sh', ['-c', 'echo half > "$0"/etcd; exec sleep 300', folder]);
        setInterval(() => undefined, 1000);
      })] });
    `;
    const run = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: 'inherit' });
    const isHalfThere = async (): Promise<boolean> => {
      const names = await readdir(versions).catch(() => []);
      return names.some((name) => existsSync(join(versions, name, 'filled', 'etcd')));
    };
    await vi.waitFor(async () => expect(await isHalfThere()).toBe(true), { timeout: 10_000 });
    run.kill('SIGKILL');

    const left = async () => ({
      names: await readdir(versions),
      processes: (await readCommandLines()).filter((line) => line.includes(versions)),
    });
    const lock = { names: ['v1.36.3.lock'], processes: [] };
    await vi.waitFor(async () => expect(await left()).toEqual(lock), { timeout: 10_000 });
    await provision('1.36.3', working);
    expect(await readdir(versions)).toEqual(['v1.36.3']);
  });

  it('clears away what a machine that lost power left', async () => {
    const { stdout: pid } = await runCommand('/bin/sh', ['-c', 'echo $$']);
    await mkdir(join(versions, `v1.36.3.${pid.trim()}-abc123`, 'filled'), { recursive: true });
    await provision('1.36.3', working);
    expect(await readdir(versions)).toEqual(['v1.36.3']);
  });
});

describe('buildBinaries', () => {
  it('is no way on a machine without Go', async () => {
    vi.stubEnv('PATH', await temporaryFolder('path'));
    const start = (): never => expect.unreachable('nothing can be started');
    const reason = await buildBinaries({ version: '1.36.3', folder: '/', scratch: '/', runStep: quietly, start });
    vi.unstubAllEnvs();
    expect(reason).toMatch(/no `go` command/);
  });
});

describe('moduleFile', () => {
  it("requires the published twin of every module that Kubernetes' own go.mod takes from its repository", () => {
    const kubernetes = [
      'module k8s.io/kubernetes',
      'go 1.26.0',
      'godebug default=go1.26',
      'require (',
      '\tk8s.io/api v0.0.0',
      '\tgithub.com/spf13/cobra v1.10.0',
      ')',
      'replace (',
      '\tk8s.io/api => ./staging/src/k8s.io/api',
      '\tk8s.io/cluster-bootstrap => ./staging/src/k8s.io/cluster-bootstrap',
      ')',
    ].join('\n');
    expect(moduleFile('1.36.3', kubernetes)).toBe(
      [
        'module infrabackup.dev/testcluster',
        'go 1.26.0',
        'require k8s.io/kubernetes v1.36.3',
        'replace (',
        '\tk8s.io/api => k8s.io/api v0.36.3',
        '\tk8s.io/cluster-bootstrap => k8s.io/cluster-bootstrap v0.36.3',
        ')',
        '',
      ].join('\n'),
    );
  });
});
