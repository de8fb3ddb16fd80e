import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSocket, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Connection } from '../connection/connection.ts';
import { loadConnection } from '../connection/load-connection.ts';
import { optionsFor, sendJson, serve } from '../fault-server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-dial-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Who was to be reached, and the proxy's credential. */
  readonly asked: string[];
}

async function listen(server: Server, asked: string[]): Promise<Proxy> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: () => {
      server.close();
      return Promise.resolve();
    },
  };
}

/** A proxy that tunnels by CONNECT, or answers with another status. */
async function httpProxy(statusLine = '200 OK'): Promise<Proxy> {
  const asked: string[] = [];
  const server = createHttpServer().on('connect', (request, socket) => {
    asked.push(`${request.url!} ${request.headers['proxy-authorization'] ?? ''}`);
    socket.write(`HTTP/1.1 ${statusLine}\r\n\r\n`);
    if (!statusLine.startsWith('200')) {
      socket.end();
      return;
    }
    const [host, port] = request.url!.split(':');
    const upstream = connectSocket(Number(port), host);
    upstream.pipe(socket).pipe(upstream);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  return listen(server, asked);
}

/** A SOCKS 5 proxy for one CONNECT to an IPv4 address a connection, without authentication (RFC 1928). */
async function socksProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request: Buffer) => {
        const [host, port] = [[...request.subarray(4, 8)].join('.'), request.readUInt16BE(8)];
        asked.push(`${host}:${port} `);
        const upstream = connectSocket(port, host, () => {
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          upstream.pipe(socket).pipe(upstream);
        });
        socket.on('error', () => upstream.destroy());
        upstream.on('error', () => socket.destroy());
      });
    });
  });
  return listen(server, asked);
}

/** A connection whose kubeconfig says so of its cluster. */
async function connect(cluster: object): Promise<Connection> {
  const kubeconfig = join(folder, 'config');
  const contexts = [{ name: 'x', context: { cluster: 'c' } }];
  await writeFile(kubeconfig, JSON.stringify({ 'current-context': 'x', clusters: [{ name: 'c', cluster }], contexts }));
  return loadConnection({ ...optionsFor('', { kubeconfig }), server: undefined });
}

describe('a proxy-url', () => {
  test.each([
    ['http', httpProxy],
    ['socks5', socksProxy],
  ])('of scheme %s carries requests over one kept connection', async (scheme, start) => {
    await using server = await serve((_, response) => sendJson(response, 200, { ok: true }));
    await using proxy = await start();
    const connection = await connect({ server: server.url, 'proxy-url': `${scheme}://127.0.0.1:${proxy.port}` });
    for (let i = 0; i < 3; i++) expect(await connection.requestJson({ path: '/x' })).toEqual({ ok: true });
    expect(proxy.asked).toEqual([`${new URL(server.url).host} `]);
  });

  test('may hold a credential, which errors do not show', async () => {
    await using proxy = await httpProxy('407 Proxy Authentication Required');
    const connection = await connect({
      server: 'https://127.0.0.1:6443',
      'proxy-url': `http://me:p%40ss@127.0.0.1:${proxy.port}`,
    });
    const error = await connection.requestJson({ path: '/x' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: `the proxy http://127.0.0.1:${proxy.port} did not connect us to https://127.0.0.1:6443: Bad response: 407`,
    });
    expect(proxy.asked).toEqual([`127.0.0.1:6443 Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    expect(inspect([connection, error], { depth: 10, showHidden: true })).not.toMatch(/p%40ss|p@ss/);
  });

  test('that takes the connection and says nothing is given up as a connection, long before an answer would be', async () => {
    const open: Socket[] = [];
    let asked: (() => void) | undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const silent = createServer((socket) => {
      open.push(socket);
      socket.on('error', () => undefined).once('data', () => asked!());
    });
    await using proxy = await listen(silent, []);
    const connection = await connect({ server: 'https://x', 'proxy-url': `http://127.0.0.1:${proxy.port}` });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const answer = connection.request({ method: 'POST', path: '/x' });
      await isAsked;
      const stop = new AbortController();
      const cancelled = connection.request({ path: '/x', signal: stop.signal });
      stop.abort();
      await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
      vi.advanceTimersByTime(20_000);
      await expect(answer).rejects.toMatchObject({
        code: 'CLUSTER_TIMEOUT',
        message: expect.stringContaining('no connection within 20 s') as unknown,
      });
    } finally {
      vi.useRealTimers();
      for (const socket of open) socket.destroy();
    }
  });

  test('that leads nowhere is named', async () => {
    const proxy = await httpProxy();
    await proxy[Symbol.asyncDispose]();
    const url = `http://127.0.0.1:${proxy.port}`;
    await expect(
      (await connect({ server: 'https://x', 'proxy-url': url })).requestJson({ path: '/x' }),
    ).rejects.toThrow(
      `the API server https://x could not be reached through the proxy ${url}: the connection was refused`,
    );
  });
});

describe('a cluster', () => {
  const data = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['whose server is no URL', { server: 'ftp://x' }, 'the server ftp://x is no http or https URL'],
    [
      'whose proxy is no URL',
      { server: 'https://x', 'proxy-url': 'ftp://me:pass@x' },
      'the proxy is no http, https or socks5 URL',
    ],
    [
      'that is to be trusted and not to be',
      { server: 'https://x', 'insecure-skip-tls-verify': true, 'certificate-authority-data': data('-----BEGIN ') },
      'the cluster has both a certificate authority and insecure-skip-tls-verify: drop one of them',
    ],
    [
      'whose authority file is missing',
      { server: 'https://x', 'certificate-authority': '/nonexistent/ca' },
      'the certificate-authority file /nonexistent/ca could not be read: ENOENT',
    ],
  ])('%s is refused before anything is sent', async (_, cluster, message) => {
    await expect(connect(cluster)).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID', message });
  });

  test('whose authority is no certificate is refused when it is first asked', async () => {
    const broken = data('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const connection = await connect({ server: 'https://x', 'certificate-authority-data': broken });
    await expect(connection.request({ path: '/x' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: expect.stringMatching(/^the certificate authority cannot be used: /) as unknown,
    });
  });
});
