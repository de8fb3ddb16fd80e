import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster, loadConnection, type Connection } from '@infrabackup/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../cluster/certificates.ts';
import { defaultVersion, oldestVersion } from '../cluster/binaries.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { connectAs } from '../support/connect.ts';
import { startHttpProxy, startSocksProxy } from '../support/network-doubles.ts';

interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Whom the API server takes us for. */
async function whoAmI(connection: Connection): Promise<UserInfo> {
  const review = (await connection.requestJson({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
  })) as { readonly status: { readonly userInfo: UserInfo } };
  return review.status.userInfo;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-connection-'));
});
afterEach(() => rm(folder, { recursive: true }));

for (const version of [defaultVersion, oldestVersion]) {
  await describeOnCluster('a connection', { version }, (on) => {
    it('by client certificate tells who the cluster is, as kubectl does', async () => {
      const { cluster } = on;
      const connection = await connectAs(cluster.clusterAdmin);
      const { stdout: uid } = await cluster.kubectl(['get', 'ns', 'kube-system', '-o', 'jsonpath={.metadata.uid}']);
      expect(await connectCluster(connection).identity()).toEqual({
        version: `v${version}`,
        server: cluster.serverUrl,
        uid,
        context: cluster.clusterAdmin.name,
      });
      expect(await whoAmI(connection)).toMatchObject({ username: cluster.clusterAdmin.name });
    });

    it('as the user of one namespace works there, and learns no uid', async () => {
      const user = await on.cluster.namespaceUser('shop');
      const connection = await connectAs(user);
      expect(connection.namespace).toBe('shop');
      expect(await connectCluster(connection).identity()).toEqual({
        version: `v${version}`,
        server: on.cluster.serverUrl,
        context: user.name,
      });
    });
  });
}

await describeOnCluster('who we are', {}, (on) => {
  /** The kubeconfig of the cluster's administrator with another user in it. */
  async function kubeconfigWith(user: object): Promise<string> {
    const config = JSON.parse(await readFile(on.cluster.clusterAdmin.kubeconfigPath, 'utf8')) as {
      users: { name: string; user: object }[];
    };
    const file = join(folder, 'config');
    await writeFile(file, JSON.stringify({ ...config, users: [{ name: on.cluster.clusterAdmin.name, user }] }));
    return file;
  }

  it('is a service account by its token, with flags alone and no kubeconfig', async () => {
    const { stdout } = await on.cluster.kubectl(['create', 'token', 'default', '-n', 'default']);
    const certificateAuthority = join(folder, 'ca.crt');
    await writeFile(certificateAuthority, on.cluster.caPem);
    const connection = await loadConnection({
      server: on.cluster.serverUrl,
      certificateAuthority,
      token: stdout.trim(),
      env: { HOME: folder },
      clock: { now: () => Date.now() },
      random: Math.random,
    });
    expect(await whoAmI(connection)).toMatchObject({ username: 'system:serviceaccount:default:default' });
  });

  it('is whom we impersonate, by flags and by kubeconfig', async () => {
    const byFlags = await connectAs(on.cluster.clusterAdmin, { as: 'jane', asGroups: ['ops', 'ü'], asUid: '42' });
    expect(await whoAmI(byFlags)).toMatchObject({ username: 'jane', uid: '42' });
    expect((await whoAmI(byFlags)).groups).toEqual(expect.arrayContaining(['ops', 'ü']));

    const { certificatePem, keyPem } = on.cluster.clusterAdmin;
    const kubeconfig = await kubeconfigWith({
      'client-certificate-data': Buffer.from(certificatePem).toString('base64'),
      'client-key-data': Buffer.from(keyPem).toString('base64'),
      as: 'joe',
      'as-groups': ['dev', 'qa'],
      'as-user-extra': { 'example.com/reason': ['upgrade', 'night'] },
    });
    expect(await whoAmI(await connectAs(on.cluster.clusterAdmin, { kubeconfig }))).toEqual({
      username: 'joe',
      groups: ['dev', 'qa', 'system:authenticated'],
      extra: { 'example.com/reason': ['upgrade', 'night'] },
    });
  });

  it('comes from a credential plugin: a certificate, or a token that is renewed after a 401', async () => {
    const { stdout: token } = await on.cluster.kubectl(['create', 'token', 'default', '-n', 'kube-system']);
    const { certificatePem, keyPem } = await on.cluster.user({ name: 'plugged-in' });
    const statuses = [
      { clientCertificateData: certificatePem, clientKeyData: keyPem },
      { token: 'stale' },
      { token: token.trim() },
    ];
    const command = join(folder, 'login');
    await writeFile(
      command,
      `#!${process.execPath}
      const fs = require('node:fs');
      const file = ${JSON.stringify(join(folder, 'turn'))};
      const turn = fs.existsSync(file) ? Number(fs.readFileSync(file)) : 0;
      fs.writeFileSync(file, String(turn + 1));
      const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      if (spec.cluster.server !== ${JSON.stringify(on.cluster.serverUrl)}) process.exit(1);
      const status = ${JSON.stringify(statuses)}[turn];
      console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));`,
    );
    await chmod(command, 0o755);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './login',
      interactiveMode: 'Never',
      provideClusterInfo: true,
    };
    const kubeconfig = await kubeconfigWith({ exec });
    const byCertificate = await connectAs(on.cluster.clusterAdmin, { kubeconfig });
    expect(await whoAmI(byCertificate)).toMatchObject({ username: 'plugged-in' });
    const byToken = await connectAs(on.cluster.clusterAdmin, { kubeconfig });
    expect(await whoAmI(byToken)).toMatchObject({ username: 'system:serviceaccount:kube-system:default' });
  });

  it('is nobody with a certificate of another authority, or a token that was made up', async () => {
    const stranger = await (await createCertificateAuthority(join(folder, 'pki'))).issue({ commonName: 'stranger' });
    const kubeconfig = await kubeconfigWith({
      'client-certificate-data': Buffer.from(stranger.certificatePem).toString('base64'),
      'client-key-data': Buffer.from(stranger.keyPem).toString('base64'),
    });
    for (const options of [{ kubeconfig }, { kubeconfig: await kubeconfigWith({ token: 'made-up' }) }]) {
      await expect(whoAmI(await connectAs(on.cluster.clusterAdmin, options))).rejects.toMatchObject({
        code: 'CLUSTER_UNAUTHORIZED',
        hint: `log in again, then try: kubectl auth whoami --context ${on.cluster.clusterAdmin.name}`,
      });
    }
  });
});

await describeOnCluster('the way to a server', {}, (on) => {
  const version = async (options: object) =>
    (await connectCluster(await connectAs(on.cluster.clusterAdmin, options)).identity()).version;

  describe('whose certificate', () => {
    it('is of an authority that we do not know is not trusted, unless told to', async () => {
      const authority = await createCertificateAuthority(join(folder, 'pki'));
      const certificateAuthority = join(folder, 'other.crt');
      await writeFile(certificateAuthority, authority.certificatePem);
      await expect(version({ certificateAuthority })).rejects.toMatchObject({
        code: 'CLUSTER_TLS',
        message: expect.stringContaining('not signed by an authority that we trust') as unknown,
      });
      expect(await version({ insecureSkipTlsVerify: true })).toBe(`v${defaultVersion}`);
    });

    it('is for another name is not trusted, unless that name is expected', async () => {
      await expect(version({ tlsServerName: 'elsewhere.example' })).rejects.toMatchObject({
        code: 'CLUSTER_TLS',
        message: expect.stringContaining('Host: elsewhere.example') as unknown,
      });
      expect(await version({ tlsServerName: 'kubernetes.default.svc' })).toBe(`v${defaultVersion}`);
    });
  });

  it('is not found by plain HTTP', async () => {
    const server = on.cluster.serverUrl.replace('https:', 'http:');
    await expect(version({ server })).rejects.toThrow('Client sent an HTTP request to an HTTPS server');
  });

  it('leads through HTTPS_PROXY, unless NO_PROXY covers the server', async () => {
    await using proxy = await startHttpProxy();
    const host = `kubernetes.default.svc:${new URL(on.cluster.serverUrl).port}`;
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '10.0.0.0/8' };
    expect(await version({ server: `https://${host}`, env })).toBe(`v${defaultVersion}`);
    expect(new Set(proxy.asked)).toEqual(new Set([host]));
    await expect(version({ server: `https://${host}`, env: { ...env, NO_PROXY: '.svc' } })).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringContaining('its name does not resolve') as unknown,
    });
  });

  it('leads through a SOCKS proxy that the environment or the kubeconfig names', async () => {
    await using proxy = await startSocksProxy();
    const host = `kubernetes.default.svc:${new URL(on.cluster.serverUrl).port}`;
    const env = { HTTPS_PROXY: `socks5h://127.0.0.1:${proxy.port}` };
    expect(await version({ server: `https://${host}`, env })).toBe(`v${defaultVersion}`);
    expect(new Set(proxy.asked)).toEqual(new Set([host]));
  });
});
