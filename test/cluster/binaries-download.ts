import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { load } from 'js-yaml';
import { controlPlanePrograms, nodePrograms, type BinaryRequest } from './binary-source.ts';
import { runCommand } from './run-command.ts';

/** Where the official binaries lie; a test puts a server of its own here. */
export interface DownloadSites {
  /** The list of envtest archives with their digests: https://github.com/kubernetes-sigs/controller-tools/blob/main/envtest-releases.yaml */
  readonly envtestIndex: string;
  /** The release binaries, each beside its `.sha256`: https://kubernetes.io/releases/download/ */
  readonly releases: string;
}

const officialSites: DownloadSites = {
  envtestIndex: 'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml',
  releases: 'https://dl.k8s.io',
};

/** Without the internet a connection may neither succeed nor fail for minutes. */
const reachTimeoutMs = 5_000;

/** As envtest-releases.yaml has it: version with `v` -> file name -> sha512 and address. */
interface EnvtestIndex {
  readonly releases: Record<string, Record<string, { readonly hash: string; readonly selfLink: string }>>;
}

/**
 * Downloads the official builds, each held against its published digest: the envtest archive (etcd, kube-apiserver, kubectl)
 * and, since no controller manager is in it, the release binaries of that and of the node's programs.
 * Not every patch release has an archive; then etcd comes from the newest one of the same minor and the rest from the release.
 */
export async function downloadBinaries(
  { version, folder, scratch, runStep }: BinaryRequest,
  sites: DownloadSites = officialSites,
): Promise<undefined | string> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  if (process.platform !== 'linux') return `no download: there is no official kube-controller-manager for ${platform}`;

  const index = await fetchText(sites.envtestIndex).catch((error: unknown) => describeError(error));
  if (typeof index !== 'string') return `no download: ${sites.envtestIndex} cannot be reached (${index.message})`;
  const archive = findArchive(load(index) as EnvtestIndex, version, platform);
  if (archive === undefined) return `no download: no envtest archive for ${platform} has the etcd of ${version}`;

  try {
    await runStep(`Downloading etcd and Kubernetes ${version}`, 60, async (detail) => {
      detail('envtest archive');
      const file = join(scratch, 'envtest.tar.gz');
      await fetchFile(archive.selfLink, file, 'sha512', archive.hash);
      await runCommand('tar', ['-xzf', file, '-C', scratch]);
      const unpacked = join(scratch, 'controller-tools', 'envtest');
      const fromArchive: string[] = archive.version === version ? ['etcd', 'kube-apiserver', 'kubectl'] : ['etcd'];
      for (const program of fromArchive) await rename(join(unpacked, program), join(folder, program));
      for (const program of [...controlPlanePrograms, ...nodePrograms]) {
        if (fromArchive.includes(program)) continue;
        detail(program);
        const address = `${sites.releases}/v${version}/bin/${platform.replace('-', '/')}/${program}`;
        const digest = (await fetchText(`${address}.sha256`)).trim();
        await fetchFile(address, join(folder, program), 'sha256', digest);
        await chmod(join(folder, program), 0o755);
      }
    });
    return undefined;
  } catch (error) {
    return `the download failed: ${describeError(error).message}`;
  }
}

/** The archive of the version, else the newest of the same minor. */
function findArchive(
  { releases }: EnvtestIndex,
  version: string,
  platform: string,
): { readonly version: string; readonly hash: string; readonly selfLink: string } | undefined {
  const minor = /^\d+\.\d+\./.exec(version)?.[0] ?? version;
  const patches = Object.keys(releases)
    .map((release) => release.replace(/^v/, ''))
    .filter((release) => release.startsWith(minor))
    .sort((a, b) => Number(b.split('.')[2]) - Number(a.split('.')[2]));
  for (const candidate of patches.includes(version) ? [version] : patches) {
    const file = releases[`v${candidate}`]?.[`envtest-v${candidate}-${platform}.tar.gz`];
    if (file !== undefined) return { version: candidate, ...file };
  }
  return undefined;
}

async function fetchText(address: string): Promise<string> {
  return (await get(address)).text();
}

async function fetchFile(address: string, path: string, algorithm: string, digest: string): Promise<void> {
  const { body } = await get(address);
  if (body === null) throw new Error(`${address} is empty`);
  await pipeline(Readable.fromWeb(body), createWriteStream(path));
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest('hex');
  if (actual !== digest) throw new Error(`${address} has the ${algorithm} ${actual}, but ${digest} was published`);
}

/** The answer's head must come in time; a slow body may take as long as it needs. */
async function get(address: string): Promise<Response> {
  const reach = new AbortController();
  const timer = setTimeout(() => reach.abort(new Error(`no answer within ${reachTimeoutMs / 1000} s`)), reachTimeoutMs);
  try {
    const response = await fetch(address, { signal: reach.signal });
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** The innermost cause: `fetch failed` alone says nothing. */
function describeError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause === undefined ? error : describeError(error.cause);
}
