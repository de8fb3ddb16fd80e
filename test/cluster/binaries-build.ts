import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { controlPlanePrograms, nodePrograms, type BinaryRequest } from './binary-source.ts';
import { collectOutput, CommandError, runCommand, type CommandResult } from './run-command.ts';

const mainProgram = join(import.meta.dirname, 'kubernetes-build', 'main.go');
/** The one file; the programs are links to it. */
const fileName = 'kube';

/**
 * Builds all programs of a Kubernetes version from its Go modules as one file with a link for each.
 * `go install k8s.io/kubernetes/...@v1.2.3` refuses, as its go.mod replaces modules by folders of its own repository;
 * so a module of ours requires the published twin (v0.2.3) of each such folder.
 */
export async function buildBinaries(request: BinaryRequest): Promise<undefined | string> {
  const { version, folder, scratch, runStep } = request;
  const goVersion = await readGoVersion();
  if (goVersion === undefined) return 'no Go build: there is no `go` command on the PATH';

  const go: GoRunner = (args, onStderrLine) => {
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off', CGO_ENABLED: '0' };
    return collectOutput(request.start('go', args, { cwd: scratch, env }), `go ${args.join(' ')}`, onStderrLine);
  };
  try {
    await runStep(`Fetching the source of Kubernetes ${version}`, 20, () => writeModule(go, scratch, version));
    await runStep('Fetching the modules that it needs', 40, (detail) => go(['mod', 'tidy'], detail));
    // Seconds instead of minutes to learn that some module is not to be had.
    const { stdout } = await go(['list', '-deps', '.']);
    const packageCount = stdout.trimEnd().split('\n').length;
    let built = 0;
    await runStep(`Building etcd and Kubernetes ${version} with Go`, 8 * 60, (detail) =>
      go(
        [
          'build',
          '-v',
          '-trimpath',
          '-buildvcs=false',
          '-ldflags',
          linkerFlags(version),
          '-o',
          join(folder, fileName),
          '.',
        ],
        () => detail(`${++built} of at most ${packageCount} packages`),
      ),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `the Go build with ${goVersion} failed: ${describeGoFailure(error)}`;
  }
  for (const program of [...controlPlanePrograms, ...nodePrograms]) await symlink(fileName, join(folder, program));
  return undefined;
}

/** Go says of each import that needs an absent module how it got there, by the hundred lines; the modules are what matters. */
function describeGoFailure({ stderr, message }: CommandError): string {
  const absent = new Set(
    Array.from(stderr.matchAll(/(\S+@v\S+): reading .*: (.*)/g), ([, module, why]) => `${module} (${why})`),
  );
  return absent.size === 0 ? message : `these modules are not to be had: ${[...absent].join(', ')}`;
}

type GoRunner = (args: readonly string[], onStderrLine?: (line: string) => void) => Promise<CommandResult>;

async function readGoVersion(): Promise<string | undefined> {
  try {
    return (await runCommand('go', ['env', 'GOVERSION'])).stdout.trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeModule(go: GoRunner, scratch: string, version: string): Promise<void> {
  // go mod download needs no module around it and says where it put the source.
  const { stdout } = await go(['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`]);
  const { Dir: source } = JSON.parse(stdout) as { Dir: string };
  await writeFile(join(scratch, 'go.mod'), moduleFile(version, await readFile(join(source, 'go.mod'), 'utf8')));
  await writeFile(join(scratch, 'go.sum'), await readFile(join(source, 'go.sum')));
  await copyFile(mainProgram, join(scratch, 'main.go'));
}

/** The go.mod of a module that can build Kubernetes' programs, from Kubernetes' own go.mod. */
export function moduleFile(version: string, kubernetesModuleFile: string): string {
  const goLine = /^go .*$/m.exec(kubernetesModuleFile)?.[0] ?? '';
  const staged = kubernetesModuleFile.matchAll(/^\s*(?:replace )?(k8s\.io\/\S+) => \.\/staging\//gm);
  const names = new Set(Array.from(staged, (match) => match[1]));
  return [
    'module infrabackup.dev/testcluster',
    goLine,
    `require k8s.io/kubernetes v${version}`,
    'replace (',
    ...Array.from(names, (name) => `\t${name} => ${name} v${version.replace(/^1\./, '0.')}`),
    ')',
    '',
  ].join('\n');
}

/** What `kubectl version` and the server's /version answer; a fixed date, so that the same source gives the same file. */
function linkerFlags(version: string): string {
  const [major, minor] = version.split('.');
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const settings = Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...settings].join(' ');
}
