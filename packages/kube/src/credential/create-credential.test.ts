import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserEntry } from '../connection/kubeconfig.ts';
import type { Target } from '../connection/target.ts';
import { optionsFor } from '../fault-server.ts';
import { createCredential } from './create-credential.ts';

let folder: string;
let nowMs = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-credential-'));
  nowMs = Date.UTC(2026, 10, 21);
});
afterEach(() => rm(folder, { recursive: true }));

const create = (user: UserEntry, more: Partial<Target> = {}) => {
  const target: Target = {
    context: 'dev',
    namespace: 'default',
    cluster: { server: 'https://x' },
    user,
    userName: 'jane',
    files: [],
    ...more,
  };
  return createCredential(target, optionsFor('', { clock: { now: () => nowMs } }));
};
const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
const data = Buffer.from(pem).toString('base64');

describe('who we are', () => {
  test.each<[string, UserEntry, object]>([
    ['nobody', {}, {}],
    ['a token', { token: ' t\n' }, { authorization: 'Bearer t' }],
    ['a name and password', { username: 'me', password: 'ü' }, { authorization: 'Basic bWU6w7w=' }],
    [
      'a certificate',
      { 'client-certificate-data': data, 'client-key-data': data },
      { certificate: { cert: Buffer.from(pem), key: Buffer.from(pem) } },
    ],
  ])('is %s', async (_, user, credential) => {
    expect(await (await create(user)).current(undefined)).toEqual(credential);
  });

  test('is a certificate from files, and a token with it', async () => {
    const file = join(folder, 'pem');
    await writeFile(file, pem);
    const source = await create({ 'client-certificate': file, 'client-key': file, token: 't' });
    expect(await source.current(undefined)).toMatchObject({
      authorization: 'Bearer t',
      certificate: { cert: Buffer.from(pem) },
    });
  });

  test.each<[string, UserEntry, RegExp]>([
    ['a certificate without a key', { 'client-certificate-data': data }, /has a client certificate but no client key/],
    ['a key without a certificate', { 'client-key-data': data }, /has a client key but no client certificate/],
    [
      'data that is no PEM',
      { 'client-certificate-data': 'c2VjcmV0' },
      /^client-certificate-data of jane is not base64 of PEM$/,
    ],
    [
      'a file that is missing',
      { 'client-key': '/nonexistent/key' },
      /client-key file \/nonexistent\/key could not be read: ENOENT/,
    ],
    [
      'two plugins',
      { exec: { command: 'x' }, 'auth-provider': { name: 'oidc' } },
      /both an exec plugin and an auth-provider/,
    ],
    [
      'a provider that kubectl dropped',
      { 'auth-provider': { name: 'gcp' } },
      /use the credential plugin gke-gcloud-auth-plugin/,
    ],
    ['a provider that nobody knows', { 'auth-provider': { name: 'x' } }, /auth-provider x, which is unknown/],
  ])('cannot be told from %s', async (_, user, message) => {
    await expect(create(user)).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: expect.stringMatching(message) as unknown,
    });
  });
});

describe('a token file', () => {
  test('is read again after a minute, and when its token is refused', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'one\n');
    const source = await create({ tokenFile });
    const first = await source.current(undefined);
    expect(first).toEqual({ authorization: 'Bearer one' });
    await writeFile(tokenFile, 'two\n');
    nowMs += 59_999;
    expect(await source.current(undefined)).toBe(first);
    nowMs += 1;
    expect(await source.current(undefined)).toEqual({ authorization: 'Bearer two' });
    expect(await source.renew({ authorization: 'Bearer two' }, undefined)).toBe(false);
    await writeFile(tokenFile, 'three');
    expect(await source.renew({ authorization: 'Bearer two' }, undefined)).toBe(true);
    expect(await source.current(undefined)).toEqual({ authorization: 'Bearer three' });
  });

  test('that is missing or empty is an error when it is needed', async () => {
    const tokenFile = join(folder, 'token');
    const source = await create({ tokenFile });
    await expect(source.current(undefined)).rejects.toMatchObject({ code: 'CREDENTIAL_FAILED' });
    await writeFile(tokenFile, '\n');
    await expect(source.current(undefined)).rejects.toThrow(`the token file ${tokenFile} is empty`);
  });
});

describe('an id token of the auth-provider oidc', () => {
  const idToken = (minutes: number): string => {
    const claims = { sub: 'jane', exp: Date.UTC(2026, 10, 21) / 1_000 + minutes * 60 };
    return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  };
  const write = async (token: string | undefined): Promise<string> => {
    const file = join(folder, 'config');
    const user = { 'auth-provider': { name: 'oidc', config: { 'id-token': token } } };
    await writeFile(file, JSON.stringify({ users: [{ name: 'jane', user }] }));
    return file;
  };

  test('is used while it lasts, then taken anew from the kubeconfig', async () => {
    const file = await write(idToken(10));
    const source = await create({ 'auth-provider': { name: 'oidc' } }, { files: [file] });
    expect(await source.current(undefined)).toEqual({ authorization: `Bearer ${idToken(10)}` });
    await write(idToken(20));
    nowMs += 9 * 60_000;
    expect(await source.current(undefined)).toEqual({ authorization: `Bearer ${idToken(10)}` });
    nowMs += 60_000;
    expect(await source.current(undefined)).toEqual({ authorization: `Bearer ${idToken(20)}` });
    expect(await source.renew({ authorization: `Bearer ${idToken(20)}` }, undefined)).toBe(false);
  });

  test.each([
    ['has expired', idToken(0), 'has an expired id token'],
    ['is missing', undefined, 'has no id token'],
  ])('that %s is left to kubectl to renew', async (_, token, message) => {
    const source = await create({ 'auth-provider': { name: 'oidc' } }, { files: [await write(token)] });
    await expect(source.current(undefined)).rejects.toMatchObject({
      code: 'CREDENTIAL_FAILED',
      message: `user jane of the auth-provider oidc ${message}`,
      hint: 'let kubectl renew it, then try again: kubectl auth whoami --context dev',
    });
  });
});
