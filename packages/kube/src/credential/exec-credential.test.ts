import { fstatSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConnection } from '../connection/load-connection.ts';
import { optionsFor, sendJson, sendStatus, serve } from '../fault-server.ts';
import { execCredential, type ExecRequest } from './exec-credential.ts';

const apiVersion = 'client.authentication.k8s.io/v1';
let folder: string;
let nowMs = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-exec-'));
  nowMs = Date.UTC(2026, 10, 21);
});
afterEach(() => rm(folder, { recursive: true }));

/** A plugin whose body is JavaScript; `runs` counts how often it was run, in a file beside it. */
async function plugin(body: string): Promise<string> {
  const file = join(folder, 'login');
  const preamble = `const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(join(folder, 'runs'))}, 'x');
    const runs = fs.readFileSync(${JSON.stringify(join(folder, 'runs'))}).length;
    const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const give = (status, apiVersion = info.apiVersion) =>
      console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion, status }));`;
  await writeFile(file, `#!${process.execPath}\n${preamble}\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}
const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).length;

function request(command: string, more: Omit<Partial<ExecRequest>, 'exec'> & { exec?: object } = {}): ExecRequest {
  return {
    userName: 'jane',
    cluster: { server: 'https://x', 'certificate-authority-data': 'Q0E=', config: { audience: 'a' } },
    env: { PATH: dirname(process.execPath) },
    terminal: 'none',
    files: ['/home/jane/.kube/config'],
    clock: { now: () => nowMs },
    ...more,
    exec: { apiVersion, command, interactiveMode: 'IfAvailable', ...more.exec },
  };
}
const current = (asked: ExecRequest) => execCredential(asked).current(undefined);

describe('a credential plugin', () => {
  test('gives a token, and is told its arguments, environment and what is asked of it', async () => {
    const command = await plugin(`give({ token: JSON.stringify([process.argv.slice(2), process.env.MODE, info]) })`);
    const { authorization } = await current(
      request(command, { exec: { args: ['--a', 'b'], env: [{ name: 'MODE', value: 'test' }] } }),
    );
    expect(JSON.parse(authorization!.slice('Bearer '.length))).toEqual([
      ['--a', 'b'],
      'test',
      { kind: 'ExecCredential', apiVersion, spec: { interactive: false } },
    ]);
  });

  test.each([
    ['interactive', 'IfAvailable', true],
    ['interactive', 'Always', true],
    ['interactive', 'Never', false],
    ['stderr', 'IfAvailable', false],
    ['none', 'IfAvailable', false],
  ] as const)(
    'with a terminal for %s in mode %s is told whether it may ask: %s',
    async (terminal, mode, interactive) => {
      // What it may ask on is our own standard input.
      const command = await plugin(
        `const own = fs.fstatSync(0).ino === ${fstatSync(0).ino}; give({ token: info.spec.interactive ? own : 'no' })`,
      );
      const { authorization } = await current(request(command, { terminal, exec: { interactiveMode: mode } }));
      expect(authorization).toBe(`Bearer ${interactive ? 'true' : 'no'}`);
    },
  );

  test('is told of the cluster when it asks for that', async () => {
    const command = await plugin(`give({ token: JSON.stringify(info.spec) })`);
    const { authorization } = await current(request(command, { exec: { provideClusterInfo: true } }));
    expect(JSON.parse(authorization!.slice('Bearer '.length))).toEqual({
      cluster: { server: 'https://x', 'certificate-authority-data': 'Q0E=', config: { audience: 'a' } },
      interactive: false,
    });
  });

  test('is found on the PATH, and may speak v1beta1', async () => {
    await plugin(`give({ token: 't' })`);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', interactiveMode: undefined };
    const env = { PATH: [folder, dirname(process.execPath)].join(delimiter) };
    expect(await current(request('login', { env, exec }))).toEqual({ authorization: 'Bearer t' });
  });

  test('gives a certificate, which stays the same object as long as it is the same', async () => {
    const command = await plugin(`give({ clientCertificateData: 'C', clientKeyData: 'K' + (runs < 3 ? 1 : 2) })`);
    const source = execCredential(request(command));
    const first = await source.current(undefined);
    expect(first).toEqual({ certificate: { cert: 'C', key: 'K1' } });
    expect(await source.renew(first, undefined)).toBe(false);
    const second = await source.current(undefined);
    expect(second.certificate).toBe(first.certificate);
    expect(await source.renew(second, undefined)).toBe(true);
    expect(await source.current(undefined)).toEqual({ certificate: { cert: 'C', key: 'K2' } });
  });

  test('is run once for many, and again when its credential has expired', async () => {
    const command = await plugin(
      `setTimeout(() => give({ token: 't' + runs, expirationTimestamp: '2026-11-21T00:01:00Z' }), 100)`,
    );
    const source = execCredential(request(command));
    const all = await Promise.all(Array.from({ length: 10 }, () => source.current(undefined)));
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer t1']));
    nowMs += 59_999;
    expect(await source.current(undefined)).toEqual({ authorization: 'Bearer t1' });
    nowMs += 1;
    expect(await source.current(undefined)).toEqual({ authorization: 'Bearer t2' });
    expect(await runs()).toBe(2);
  });

  test('is run once more for all who were refused with the same credential', async () => {
    const source = execCredential(request(await plugin(`give({ token: 't' + runs })`)));
    const refused = await source.current(undefined);
    expect(await Promise.all([source.renew(refused, undefined), source.renew(refused, undefined)])).toEqual([
      true,
      true,
    ]);
    expect(await source.renew(refused, undefined)).toBe(true);
    expect(await runs()).toBe(2);
  });

  test('is ended when the last who waits for it is cancelled, and no sooner', async () => {
    const [ready, ended] = [join(folder, 'ready'), join(folder, 'ended')];
    const command = await plugin(
      `process.on('SIGTERM', () => { fs.writeFileSync(${JSON.stringify(ended)}, ''); process.exit(1); });
       fs.writeFileSync(${JSON.stringify(ready)}, '');
       if (runs === 1) setInterval(() => {}, 1000); else give({ token: 't' });`,
    );
    const source = execCredential(request(command));
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(({ signal }) => source.current(signal).catch((error: unknown) => error));
    const read = (path: string) => readFile(path, 'utf8').catch(() => undefined);
    await expect.poll(() => read(ready)).toBe('');
    one.abort();
    expect(await waiting[0]).toMatchObject({ code: 'CANCELLED' });
    await expect(readFile(ended)).rejects.toThrow();
    two.abort();
    expect(await waiting[1]).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => read(ended)).toBe('');
    expect(await source.current(undefined)).toEqual({ authorization: 'Bearer t' });
  });

  const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl';
  test.each([
    [
      'fails',
      `console.error('\\u001b[31mnot logged in\\u001b[0m ${jwt}'); process.exit(3)`,
      /ended with exit code 3: not logged in \(token\)$/,
    ],
    ['is killed', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`, /ended with SIGKILL$/],
    ['prints no JSON', `console.log('${jwt}')`, /printed no JSON$/],
    ['prints something else', `console.log('{"kind":"Secret","token":"${jwt}"}')`, /printed no ExecCredential$/],
    ['prints null', `console.log('null')`, /printed no ExecCredential$/],
    [
      'answers in another version',
      `give({ token: '${jwt}' }, 'client.authentication.k8s.io/v1beta1')`,
      /answers in client.authentication.k8s.io\/v1beta1, and the kubeconfig says/,
    ],
    ['gives no status', `give(undefined)`, /neither a token nor a certificate$/],
    ['gives a certificate alone', `give({ clientCertificateData: 'C' })`, /a certificate without its key$/],
    ['gives a key alone', `give({ clientKeyData: 'K' })`, /a key without its certificate$/],
    ['gives no time', `give({ token: '${jwt}', expirationTimestamp: 'soon' })`, /no time$/],
  ])('that %s is an error that quotes no credential', async (_, body, message) => {
    const error = await current(request(await plugin(body))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CREDENTIAL_FAILED', message: expect.stringMatching(message) as unknown });
    expect((error as Error).message).toMatch(/^the credential plugin .*login of user jane /);
    expect((error as Error).message).not.toContain(jwt);
  });

  test('that is not installed says how to install it', async () => {
    const exec = { installHint: '\u001b[1mInstall it\u001b[0m\nfrom https://x' };
    await expect(current(request('no-such-plugin', { exec }))).rejects.toMatchObject({
      code: 'CREDENTIAL_FAILED',
      message: 'the credential plugin no-such-plugin of user jane is not installed',
      hint: 'Install it\nfrom https://x',
    });
  });

  test.each([
    ['no command', { command: undefined }, /has no command/],
    ['an old version', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, /v1alpha1; known are/],
    ['no version', { apiVersion: undefined }, /no apiVersion/],
    ['an unknown mode', { interactiveMode: 'Maybe' }, /interactiveMode Maybe/],
    ['a need for a terminal that is not there', { interactiveMode: 'Always' }, /always asks on a terminal/],
  ])('with %s is refused before it is run', (_, exec, message) => {
    expect(() => execCredential(request('/x', { exec }))).toThrow(message);
  });
});

test('a plugin serves a connection: once for all requests, and again after a 401', async () => {
  await plugin(`give({ token: 't' + runs })`);
  await using server = await serve((asked, response, turn) => {
    if (turn === 2 || asked.headers.authorization === undefined)
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
    else sendJson(response, 200, asked.headers.authorization);
  });
  const kubeconfig = join(folder, 'config');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'x',
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'u', user: { exec: { apiVersion, command: './login', interactiveMode: 'Never' } } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const connection = await loadConnection({ ...optionsFor('', { kubeconfig }), server: undefined });
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) seen.push(await connection.requestJson({ path: '/x' }));
  expect(seen).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2']);
  // A token of one's own makes the plugin unneeded.
  const own = await loadConnection({ ...optionsFor('', { kubeconfig, token: 'own' }), server: undefined });
  expect(await own.requestJson({ path: '/x' })).toBe('Bearer own');
  expect(await runs()).toBe(2);
});
