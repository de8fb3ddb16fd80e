import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { optionsFor } from '../fault-server.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { findInClusterTarget } from './in-cluster.ts';
import { readTarget } from './read-target.ts';

let home: string;
let config: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'infrabackup-target-'));
  await mkdir(join(home, '.kube'));
  config = join(home, '.kube', 'config');
  await writeFile(
    config,
    JSON.stringify({
      'current-context': 'dev',
      clusters: [
        {
          name: 'c1',
          cluster: { server: 'https://one', 'certificate-authority-data': 'Q0E=', 'tls-server-name': 'k8s' },
        },
        { name: 'c2', cluster: { server: 'https://two', 'insecure-skip-tls-verify': true } },
        { name: 'serverless', cluster: {} },
      ],
      users: [
        { name: 'u1', user: { 'client-certificate-data': 'Qw==', 'client-key-data': 'Sw==' } },
        { name: 'u2', user: { token: 'two', tokenFile: 'two.token' } },
      ],
      contexts: [
        { name: 'dev', context: { cluster: 'c1', user: 'u1', namespace: 'shop' } },
        { name: 'prod', context: { cluster: 'c2', user: 'u2' } },
        { name: 'half', context: { user: 'u2' } },
        { name: 'lost', context: { cluster: 'gone', user: 'u1' } },
        { name: 'nobody', context: { cluster: 'c1', user: 'gone' } },
        { name: 'nowhere', context: { cluster: 'serverless', user: 'u1' } },
      ],
    }),
  );
});
afterEach(() => rm(home, { recursive: true }));

function options(more: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return { ...optionsFor(''), server: undefined, env: { HOME: home }, ...more };
}

describe('what is talked to', () => {
  test('is the current context of the kubeconfig in the home folder', async () => {
    expect(await readTarget(options())).toMatchObject({
      context: 'dev',
      namespace: 'shop',
      cluster: { server: 'https://one' },
      userName: 'u1',
      files: [config],
    });
  });

  test('is in the namespace default where the context names none', async () => {
    expect(await readTarget(options({ context: 'prod' }))).toMatchObject({ namespace: 'default', userName: 'u2' });
  });

  test('is what the flags say of the context: cluster, user and namespace', async () => {
    const target = await readTarget(options({ cluster: 'c2', user: 'u2', namespace: 'infra' }));
    expect(target).toMatchObject({
      context: 'dev',
      namespace: 'infra',
      cluster: { server: 'https://two' },
      userName: 'u2',
    });
  });

  test('comes from the files in KUBECONFIG, of which the first wins, and not from home', async () => {
    const first = join(home, 'first');
    await writeFile(first, '{"current-context":"prod"}');
    const env = { HOME: home, KUBECONFIG: ['', first, config, join(home, 'absent')].join(delimiter) };
    expect(await readTarget(options({ env }))).toMatchObject({ context: 'prod', files: [first, config] });
  });

  test('comes from --kubeconfig alone', async () => {
    const env = { HOME: home, KUBECONFIG: join(home, 'absent') };
    expect(await readTarget(options({ env, kubeconfig: config }))).toMatchObject({ context: 'dev', files: [config] });
  });

  test('can be named by flags alone', async () => {
    const target = await readTarget(options({ env: { HOME: '/nonexistent' }, server: 'https://x', token: 't' }));
    expect(target).toEqual({
      context: undefined,
      namespace: 'default',
      cluster: { server: 'https://x' },
      user: { token: 't' },
      userName: '(none)',
      files: [],
    });
  });

  test.each<[string, Partial<ConnectionOptions>, object]>([
    [
      '--server drops the server name of the old one',
      { server: 'https://x' },
      { server: 'https://x', 'certificate-authority-data': 'Q0E=' },
    ],
    [
      '--tls-server-name stays',
      { server: 'https://x', tlsServerName: 'y' },
      { server: 'https://x', 'certificate-authority-data': 'Q0E=', 'tls-server-name': 'y' },
    ],
    [
      '--certificate-authority drops the data',
      { certificateAuthority: '/ca' },
      { server: 'https://one', 'tls-server-name': 'k8s', 'certificate-authority': '/ca' },
    ],
    [
      '--insecure-skip-tls-verify drops the authority',
      { insecureSkipTlsVerify: true },
      { server: 'https://one', 'tls-server-name': 'k8s', 'insecure-skip-tls-verify': true },
    ],
    [
      '--certificate-authority ends insecurity',
      { context: 'prod', certificateAuthority: '/ca' },
      { server: 'https://two', 'certificate-authority': '/ca' },
    ],
  ])('%s', async (_, flags, cluster) => {
    expect((await readTarget(options(flags))).cluster).toEqual(cluster);
  });

  test.each<[string, Partial<ConnectionOptions>, object]>([
    ['--token wins over a token file', { context: 'prod', token: 'flag' }, { token: 'flag' }],
    [
      '--client-certificate and --client-key win over data',
      { clientCertificate: '/c', clientKey: '/k' },
      { 'client-certificate': '/c', 'client-key': '/k' },
    ],
    [
      '--as, --as-group and --as-uid impersonate',
      { user: 'u2', as: 'jane', asGroups: ['ops'], asUid: '7' },
      { token: 'two', tokenFile: '', as: 'jane', 'as-groups': ['ops'], 'as-uid': '7' },
    ],
  ])('%s', async (_, flags, user) => {
    const expected = 'tokenFile' in user ? { ...user, tokenFile: join(home, '.kube', 'two.token') } : user;
    expect((await readTarget(options(flags))).user).toEqual(expected);
  });

  test.each<[string, Partial<ConnectionOptions>, RegExp, RegExp?]>([
    [
      'an unknown context',
      { context: 'x' },
      /^there is no context x: kubeconfig .*config has dev, half, lost/,
      /get-contexts/,
    ],
    ['an unknown cluster', { cluster: 'x' }, /^there is no cluster x: .* has c1, c2, serverless/],
    ['an unknown user', { user: 'x' }, /^there is no user x: .* has u1, u2/],
    ['a context whose cluster is gone', { context: 'lost' }, /^there is no cluster gone/],
    ['a context whose user is gone', { context: 'nobody' }, /^there is no user gone/],
    ['a context without a cluster', { context: 'half' }, /gives no cluster for the context half/],
    ['a cluster without a server', { context: 'nowhere' }, /gives no server for the cluster serverless/],
    [
      'no kubeconfig at all',
      { env: { HOME: '/nonexistent' } },
      /no kubeconfig \/nonexistent\/\.kube\/config/,
      /--kubeconfig/,
    ],
    ['a --kubeconfig that is missing', { kubeconfig: '/nonexistent/x' }, /there is no kubeconfig \/nonexistent\/x/],
  ])('is refused with %s', async (_, flags, message, hint) => {
    const thrown = await readTarget(options(flags)).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'KUBECONFIG_INVALID', message: expect.stringMatching(message) as unknown });
    if (hint) expect((thrown as { hint: string }).hint).toMatch(hint);
  });

  test('without a current context is refused with the way to name one', async () => {
    await writeFile(config, JSON.stringify({ contexts: [{ name: 'a', context: {} }] }));
    await expect(readTarget(options())).rejects.toMatchObject({
      message: `kubeconfig ${config} sets no current context`,
      hint: expect.stringContaining('--context NAME') as unknown,
    });
  });
});

describe('in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

  test('it is the service account', async () => {
    await writeFile(join(home, 'token'), 't\n');
    await writeFile(join(home, 'namespace'), 'infra\n');
    expect(await findInClusterTarget(env, home)).toEqual({
      context: undefined,
      namespace: 'infra',
      cluster: { server: 'https://[fd00::1]:443', 'certificate-authority': join(home, 'ca.crt') },
      user: { tokenFile: join(home, 'token') },
      userName: "the pod's service account",
      files: [],
    });
    expect(await findInClusterTarget({ ...env, POD_NAMESPACE: 'mine' }, home)).toMatchObject({ namespace: 'mine' });
  });

  test('without a token, or outside of one, it is nothing', async () => {
    expect(await findInClusterTarget(env, home)).toBeUndefined();
    await writeFile(join(home, 'token'), 't');
    expect(await findInClusterTarget({}, home)).toBeUndefined();
  });
});
