import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@infrabackup/core';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseKubeconfig, readKubeconfig } from './kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

const full = `
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c1
  cluster:
    server: https://one.example:6443
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    proxy-url: http://proxy:3128
- name: c2
  cluster: {server: "https://two.example", insecure-skip-tls-verify: true}
users:
- name: u1
  user:
    client-certificate-data: Y2VydA==
    client-key: keys/u1.key
    as: jane
    as-groups: [ops, dev]
    as-uid: "42"
    as-user-extra: {reason: [upgrade]}
- name: u2
  user:
    tokenFile: token
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [--now], interactiveMode: Never}
contexts:
- name: dev
  context: {cluster: c1, user: u1, namespace: shop}
- name: prod
  context: {cluster: c2, user: u2}
`;

describe('a kubeconfig', () => {
  test('is read as client-node reads it, where that knows the member', async () => {
    const file = join(folder, 'config');
    await writeFile(file, full);
    const theirs = new KubeConfig();
    theirs.loadFromFile(file);
    const ours = await readKubeconfig([file]);
    expect(ours.currentContext).toBe(theirs.getCurrentContext());
    expect([...ours.contexts.keys()]).toEqual(theirs.getContexts().map(({ name }) => name));
    for (const { name, cluster, user, namespace } of theirs.getContexts()) {
      expect(ours.contexts.get(name)).toEqual({ cluster, user, ...(namespace && { namespace }) });
    }
    for (const cluster of theirs.getClusters()) {
      const entry = ours.clusters.get(cluster.name)!;
      expect([
        entry.server,
        entry['certificate-authority'],
        entry['insecure-skip-tls-verify'] ?? false,
        entry['tls-server-name'],
        entry['proxy-url'],
      ]).toEqual([cluster.server, cluster.caFile, cluster.skipTLSVerify, cluster.tlsServerName, cluster.proxyUrl]);
    }
    const user = theirs.getUser('u1')!;
    const entry = ours.users.get('u1')!;
    expect([entry['client-certificate-data'], entry['client-key'], entry.as]).toEqual([
      user.certData,
      user.keyFile,
      user.impersonateUser,
    ]);
  });

  test('gives what client-node leaves out', () => {
    const { users } = parseKubeconfig(full, '/home/me/.kube/config');
    expect(users.get('u1')).toMatchObject({
      'as-groups': ['ops', 'dev'],
      'as-uid': '42',
      'as-user-extra': { reason: ['upgrade'] },
    });
    expect(users.get('u2')).toMatchObject({
      tokenFile: '/home/me/.kube/token',
      exec: { command: '/home/me/.kube/login' },
    });
  });

  test('may use anchors and merge keys', () => {
    const text = 'x: &x {as: jane}\nusers: [{name: u, user: {<<: *x, token: t}}]';
    expect(parseKubeconfig(text, 'f').users.get('u')).toEqual({ as: 'jane', token: 't' });
  });

  test('may be JSON, empty, or without lists', () => {
    expect(parseKubeconfig('{"current-context":"x","clusters":null}', 'f').currentContext).toBe('x');
    expect(parseKubeconfig('\n', 'f').clusters.size).toBe(0);
    expect(parseKubeconfig('# nothing here', 'f').clusters.size).toBe(0);
  });

  const secret = 's3cr3t-t0ken';
  test.each([
    ['broken YAML', `users:\n- name: u\n  user: {token: ${secret}\n`, /^kubeconfig f: is not YAML: .* at line \d+$/],
    [
      'an unknown alias',
      `users:\n- name: u\n  user: {token: *${secret}}\n`,
      /is not YAML: unidentified alias at line 3/,
    ],
    ['a bad tag', `users:\n- name: u\n  user: {token: !${secret} x}\n`, /is not YAML/],
    ['two documents', `a: 1\n---\nb: ${secret}\n`, /has more than one document/],
    ['a list', `- ${secret}`, /is not a mapping/],
    ['a scalar', secret, /is not a mapping/],
    ['a list that is none', `users: ${secret}`, /users is not a list/],
    ['an entry without a name', `users:\n- user: {token: ${secret}}`, /users\[0\] has no name/],
    [
      'two entries of a name',
      `users:\n- {name: u, user: {token: ${secret}}}\n- {name: u}`,
      /users has two entries named u/,
    ],
    ['a number for a token', `users:\n- {name: u, user: {token: 12345}}`, /users\[0\]\.user\.token is not a string/],
    [
      'a word for a switch',
      `clusters:\n- {name: c, cluster: {insecure-skip-tls-verify: "yes"}}`,
      /is not true or false/,
    ],
    [
      'a group that is no list',
      `users:\n- {name: u, user: {as-groups: ${secret}}}`,
      /as-groups is not a list of strings/,
    ],
    [
      'arguments that are no strings',
      `users:\n- {name: u, user: {exec: {args: [1]}}}`,
      /args is not a list of strings/,
    ],
    ['a current context that is none', `current-context: [${secret}]`, /current-context is not a string/],
  ])('with %s is refused, and nothing of it is quoted', (_, text, message) => {
    let thrown: unknown;
    try {
      parseKubeconfig(text, 'f');
    } catch (error) {
      thrown = error;
    }
    expect(isAppError(thrown, 'KUBECONFIG_INVALID')).toBe(true);
    expect((thrown as Error).message).toMatch(message);
    expect(JSON.stringify([thrown, (thrown as Error).message, (thrown as Error).cause])).not.toContain(secret);
  });
});

describe('several kubeconfigs', () => {
  const one = 'users: [{name: u, user: {token: one}}]\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n';
  const two =
    'current-context: b\nusers: [{name: u, user: {token: two, as: x}}, {name: v, user: {token: v}}]\ncontexts: [{name: b, context: {cluster: c}}]\n';

  test('are merged: the first that names a thing has it whole, and missing files count as empty', async () => {
    const [first, second] = [join(folder, 'one'), join(folder, 'two')];
    await writeFile(first, one);
    await writeFile(second, two);
    const config = await readKubeconfig([join(folder, 'absent'), first, second, first]);
    expect(config.files).toEqual([first, second]);
    expect(config.currentContext).toBe('b');
    expect([...config.users]).toEqual(
      expect.arrayContaining([
        ['u', { token: 'one' }],
        ['v', { token: 'v' }],
      ]),
    );
    expect([...config.contexts.keys()].sort()).toEqual(['a', 'b']);
  });

  test('that cannot be read are refused by name', async () => {
    await expect(readKubeconfig([folder])).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: expect.stringContaining(`${folder} could not be read: EISDIR`) as unknown,
    });
  });
});
