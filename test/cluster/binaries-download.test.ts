import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { downloadBinaries } from './binaries-download.ts';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const digest = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');

/** An archive as kubernetes-sigs/controller-tools publishes it, whose programs say where they came from. */
async function packEnvtest(): Promise<Buffer> {
  const folder = await temporaryFolder('envtest');
  const inside = join(folder, 'controller-tools', 'envtest');
  await mkdir(inside, { recursive: true });
  for (const program of ['etcd', 'kube-apiserver', 'kubectl']) {
    await writeFile(join(inside, program), `${program} of the archive`, { mode: 0o755 });
  }
  await runCommand('tar', ['-czf', join(folder, 'archive.tar.gz'), '-C', folder, 'controller-tools']);
  return readFile(join(folder, 'archive.tar.gz'));
}

describe.runIf(process.platform === 'linux')('downloadBinaries', () => {
  let files: Map<string, Buffer>;
  let base: string;
  let folder: string;

  beforeEach(async () => {
    files = new Map();
    const server = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.writeHead(file === undefined ? 404 : 200).end(file);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = await temporaryFolder('filled');
    return () => server.close();
  });

  async function publishEnvtest(version: string): Promise<void> {
    const name = `envtest-v${version}-linux-${architecture}.tar.gz`;
    const bytes = await packEnvtest();
    files.set(`/${name}`, bytes);
    const entry = { [name]: { hash: digest('sha512', bytes), selfLink: `${base}/${name}` } };
    files.set('/index.yaml', Buffer.from(JSON.stringify({ releases: { [`v${version}`]: entry, 'v1.3.0': {} } })));
  }

  function publishReleases(version: string): void {
    for (const program of ['kube-apiserver', 'kube-controller-manager', 'kubectl', 'kube-scheduler', 'kubelet']) {
      const path = `/v${version}/bin/linux/${architecture}/${program}`;
      const bytes = Buffer.from(`${program} of the release`);
      files.set(path, bytes).set(`${path}.sha256`, Buffer.from(digest('sha256', bytes)));
    }
  }

  const download = async (version: string): Promise<undefined | string> =>
    downloadBinaries(
      {
        version,
        folder,
        scratch: await temporaryFolder('scratch'),
        runStep: (_what, _usualSeconds, work) => work(() => undefined),
        start: () => expect.unreachable('nothing is built'),
      },
      { envtestIndex: `${base}/index.yaml`, releases: base },
    );

  it('takes what the archive holds and the rest from the release', async () => {
    await publishEnvtest('1.36.3');
    publishReleases('1.36.3');
    expect(await download('1.36.3')).toBeUndefined();
    expect(await readFile(join(folder, 'etcd'), 'utf8')).toBe('etcd of the archive');
    expect(await readFile(join(folder, 'kube-apiserver'), 'utf8')).toBe('kube-apiserver of the archive');
    expect(await readFile(join(folder, 'kubelet'), 'utf8')).toBe('kubelet of the release');
    await access(join(folder, 'kube-controller-manager'), constants.X_OK);
  });

  it('takes only etcd from an archive of another patch release', async () => {
    await publishEnvtest('1.30.0');
    publishReleases('1.30.14');
    expect(await download('1.30.14')).toBeUndefined();
    expect(await readFile(join(folder, 'etcd'), 'utf8')).toBe('etcd of the archive');
    expect(await readFile(join(folder, 'kube-apiserver'), 'utf8')).toBe('kube-apiserver of the release');
  });

  it('is closed when no archive is of the same minor version', async () => {
    await publishEnvtest('1.30.0');
    expect(await download('1.36.3')).toMatch(/no envtest archive .* has the etcd of 1\.36\.3/);
  });

  it('is closed when the internet is not there', async () => {
    expect(await download('1.36.3')).toMatch(/cannot be reached/);
  });

  it('has failed when the release has no controller manager, as without one it is no control plane', async () => {
    await publishEnvtest('1.36.3');
    expect(await download('1.36.3')).toMatch(/kube-controller-manager.*404/);
  });

  it.each([
    ['the archive', `/envtest-v1.36.3-linux-${architecture}.tar.gz`],
    ['a release binary', `/v1.36.3/bin/linux/${architecture}/kubelet`],
  ])('has failed when %s is not what was published', async (_, path) => {
    await publishEnvtest('1.36.3');
    publishReleases('1.36.3');
    files.set(path, Buffer.from('something else'));
    expect(await download('1.36.3')).toMatch(/but [0-9a-f]+ was published/);
  });
});
