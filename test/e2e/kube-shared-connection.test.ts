import { mkdtemp, rm } from 'node:fs/promises';
import { createSecureServer, constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { loadConnection, type Connection, type ConnectionOptions } from '@infrabackup/kube';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority, type Certificate } from '../cluster/certificates.ts';

/** Requests that share one HTTP/2 connection, beside a server that misbehaves in one way at a time. */

let folder: string;
let certificate: Certificate;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-shared-'));
  const authority = await createCertificateAuthority(folder);
  certificate = await authority.issue({ commonName: 'server', serverNames: ['127.0.0.1'] });
  return () => rm(folder, { recursive: true });
});

/** One request as the server sees it. */
interface Asked {
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  readonly headers: IncomingHttpHeaders;
  /** `POST /x`. */
  readonly line: string;
  /** From 0. */
  readonly turn: number;
  /** Ends the connection without a word of HTTP/2 or TLS. */
  readonly cutWire: () => void;
  readonly answer: (body?: string | Buffer, headers?: Record<string, string | string[]>) => void;
}

interface Http2Server extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly string[];
  /** How many connections were made. */
  readonly sessions: readonly ServerHttp2Session[];
}

async function serve(answer: (asked: Asked) => unknown, maxConcurrentStreams = 100): Promise<Http2Server> {
  const { certificatePem: cert, keyPem: key } = certificate;
  const server = createSecureServer({ cert, key, settings: { maxConcurrentStreams } });
  const asked: string[] = [];
  const sessions: ServerHttp2Session[] = [];
  const wires: Socket[] = [];
  server.on('session', (session) => sessions.push(session.on('error', () => undefined)));
  server.on('connection', (wire: Socket) => wires.push(wire));
  server.on('stream', (stream, headers) => {
    const line = `${headers[':method']!} ${headers[':path']!}`;
    asked.push(line);
    stream.on('error', () => undefined);
    answer({
      ...{ stream, session: stream.session as ServerHttp2Session, headers, line, turn: asked.length - 1 },
      cutWire: () => wires.at(-1)!.resetAndDestroy(),
      answer: (body = '{}', more = {}) => {
        if (stream.destroyed) return;
        stream.respond({ ':status': 200, ...more });
        stream.end(body);
      },
    });
  });
  const url = `https://127.0.0.1:${await listen(server)}`;
  return {
    ...{ url, asked, sessions },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function connect(server: string, more: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const certificateAuthority = join(folder, 'ca.crt');
  const env = { HOME: '/nonexistent' };
  return loadConnection({ server, certificateAuthority, env, clock: { now: () => 0 }, random: () => 0, ...more });
}

/** A write that is not to be done twice, and one that may be. */
const post = { method: 'POST', path: '/x', body: '{}', isOneOfMany: true } as const;
const put = { method: 'PUT', path: '/x', body: '{}', isOneOfMany: true } as const;

describe('many small requests', () => {
  it('share one connection, also more of them than the server takes at a time', async () => {
    let [atOnce, most] = [0, 0];
    await using server = await serve(async ({ stream, answer, line }) => {
      most = Math.max(most, ++atOnce);
      const body = await buffer(stream);
      await sleep(2);
      atOnce--;
      answer(`${line} ${body.toString()}`);
    }, 20);
    const connection = await connect(server.url);
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => connection.request({ ...post, path: `/x/${i}`, body: `{"i":${i}}` })),
    );
    expect(answers.map(({ body }) => body.toString())).toEqual(answers.map((_, i) => `POST /x/${i} {"i":${i}}`));
    expect(server.sessions).toHaveLength(1);
    expect(most).toBe(20);
  });

  it('may be large as well, in both directions', async () => {
    await using server = await serve(async ({ stream, answer }) => answer(await buffer(stream)));
    const connection = await connect(server.url);
    const bodies = Array.from({ length: 64 }, (_, i) => Buffer.alloc(1_500_000, i));
    const answers = await Promise.all(bodies.map((body) => connection.request({ ...post, body })));
    for (const [i, { body }] of answers.entries()) expect(body.equals(bodies[i]!)).toBe(true);
    expect(server.sessions).toHaveLength(1);
  });

  it('say who sends them, and bring each warning by itself', async () => {
    let headers: IncomingHttpHeaders = {};
    await using server = await serve((asked) => {
      headers = asked.headers;
      asked.answer('{}', { warning: ['299 - "a, b"', '299 - "c"'], 'retry-after': '1' });
    });
    const options = { token: 't', as: 'jane', asGroups: ['ops', 'дев'], userAgent: 'kubectl-infrabackup/1.0' };
    const connection = await connect(`${server.url}/k8s/clusters/c-1/`, options);
    const { statusCode, warnings } = await connection.request({ ...post, path: '/x?dryRun=All' });
    expect([statusCode, warnings]).toEqual([200, ['299 - "a, b"', '299 - "c"']]);
    expect(server.asked).toEqual(['POST /k8s/clusters/c-1/x?dryRun=All']);
    expect(headers).toMatchObject({
      ':authority': new URL(server.url).host,
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-group': `ops, ${Buffer.from('дев').toString('latin1')}`,
      'user-agent': 'kubectl-infrabackup/1.0',
      'content-type': 'application/json',
      'content-length': '2',
    });
  });

  it('are not sent with a credential that no header can carry, which is not shown', async () => {
    await using server = await serve(({ answer }) => answer());
    const connection = await connect(server.url, { token: 's3cr3t\nmore' });
    const error = await connection.request(post).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CREDENTIAL_FAILED' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cr3t');
    expect(server.asked).toEqual([]);
  });

  it.each<[string, object]>([
    ['the server speaks only HTTP/1.1', {}],
    ['DISABLE_HTTP2 is set, as for kubectl', { env: { DISABLE_HTTP2: '1' } }],
  ])('go over HTTP/1.1 when %s', async (_name, options) => {
    const { certificatePem: cert, keyPem: key } = certificate;
    const versions: string[] = [];
    const listener = (request: { httpVersion: string }, response: { end: (body: string) => void }) => {
      versions.push(request.httpVersion);
      response.end('{}');
    };
    const server =
      'env' in options
        ? createSecureServer({ cert, key, allowHTTP1: true }, listener)
        : createHttpsServer({ cert, key }, listener);
    let dialled = 0;
    server.on('connection', () => dialled++);
    const connection = await connect(`https://127.0.0.1:${await listen(server)}`, options);
    for (let i = 0; i < 3; i++) expect((await connection.request(post)).statusCode).toBe(200);
    expect(versions).toEqual(['1.1', '1.1', '1.1']);
    // That it speaks only HTTP/1.1 is asked once.
    expect(dialled).toBe('env' in options ? 1 : 2);
    server.close();
  });
});

describe('a connection that is shared', () => {
  it('is made again by the next request when the server has closed it', async () => {
    await using server = await serve(({ answer }) => answer());
    const connection = await connect(server.url);
    await connection.request(post);
    server.sessions[0]!.close();
    await expect.poll(() => server.sessions[0]!.destroyed).toBe(true);
    await connection.request(post);
    expect([server.sessions.length, server.asked.length]).toEqual([2, 2]);
  });

  it('is left by new requests once the server says that it goes, while those under way come to their end', async () => {
    let finish: (() => void) | undefined;
    await using server = await serve(({ session, answer, turn }) => {
      if (turn > 0) answer('{"late":false}');
      else {
        finish = () => answer('{"late":true}');
        session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
      }
    });
    const connection = await connect(server.url);
    const first = connection.requestJson(post);
    await expect.poll(() => finish).toBeDefined();
    await sleep(50);
    expect(await connection.requestJson(post)).toEqual({ late: false });
    expect(server.sessions).toHaveLength(2);
    finish!();
    expect(await first).toEqual({ late: true });
  });

  it('sends again, also what is not to be done twice, what the server says it never began', async () => {
    await using server = await serve(({ session, stream, answer, turn }) => {
      if (turn === 0) answer();
      // Of the two that follow it has seen only the first when it goes.
      else if (turn === 1) session.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
      else if (turn === 2) return;
      else if (turn === 3) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answer(`{"turn":${turn}}`);
      if (turn === 1) setTimeout(answer, 100);
    });
    const connection = await connect(server.url);
    await connection.request(post);
    const [seen, unseen] = await Promise.all([connection.requestJson(post), connection.requestJson(post)]);
    expect([seen, unseen]).toEqual([{}, { turn: 4 }]);
    expect(server.sessions).toHaveLength(2);
  });

  it.each<[string, (asked: Asked) => void]>([
    ['breaks off the request', ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
    ['takes the request back', ({ stream }) => stream.close(constants.NGHTTP2_CANCEL)],
    ['says that the connection failed', ({ session }) => session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)],
    ['closes the connection', ({ session }) => session.destroy()],
    ['cuts the wire', ({ cutWire }) => cutWire()],
    [
      'breaks off in the middle of its answer',
      ({ stream }) => sendHalf(stream, () => stream.destroy(new Error('broken'))),
    ],
    [
      'closes the connection in the middle of its answer',
      ({ stream, session }) => sendHalf(stream, () => session.destroy()),
    ],
    ['cuts the wire in the middle of its answer', ({ stream, cutWire }) => sendHalf(stream, cutWire)],
  ])('sends again what may be done twice, and nothing else, when the server %s', async (_name, misbehave) => {
    await using server = await serve((asked) => {
      if (asked.turn === 0 || asked.line.startsWith('POST')) misbehave(asked);
      else asked.answer('{"whole":true}');
    });
    const connection = await connect(server.url);
    expect(await connection.requestJson(put)).toEqual({ whole: true });
    await expect(connection.requestJson(post)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(server.asked).toEqual(['PUT /x', 'PUT /x', 'POST /x']);
  });

  it.each<[string, (asked: Asked) => void]>([
    ['says nothing', () => undefined],
    ['says no more in the middle of its answer', ({ stream }) => sendHalf(stream, () => undefined)],
  ])('is left when the server %s: it may be dead', async (_name, misbehave) => {
    await using server = await serve((asked) => {
      if (server.sessions.length === 1) misbehave(asked);
      else asked.answer('{"whole":true}');
    });
    const connection = await connect(server.url, { requestTimeoutMs: 300 });
    await expect(connection.requestJson(post)).rejects.toMatchObject({ code: 'CLUSTER_TIMEOUT' });
    expect(await connection.requestJson(post)).toEqual({ whole: true });
    expect(server.asked).toHaveLength(2);
  });

  it('serves the others when one request is cancelled', async () => {
    await using server = await serve(({ line, answer }) => {
      if (line.endsWith('/quick')) setTimeout(answer, 200);
    });
    const connection = await connect(server.url);
    const stop = new AbortController();
    const cancelled = connection.request({ ...post, signal: stop.signal });
    const other = connection.request({ ...post, path: '/quick' });
    await expect.poll(() => server.asked.length).toBe(2);
    stop.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await other).statusCode).toBe(200);
    expect(server.sessions).toHaveLength(1);
  });

  it('is not waited for by who has left, nor for ever', async () => {
    // It takes connections and never answers the handshake.
    const open: Socket[] = [];
    const server = createTcpServer((socket) => open.push(socket.on('error', () => undefined)));
    const url = `https://127.0.0.1:${await listen(server)}`;
    const stop = new AbortController();
    const connection = await connect(url, { requestTimeoutMs: 1_000 });
    const cancelled = connection.request({ ...post, signal: stop.signal });
    const patient = connection.request(post);
    setTimeout(() => stop.abort(), 100);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(patient).rejects.toMatchObject({
      code: 'CLUSTER_TIMEOUT',
      message: expect.stringContaining('no connection within 1 s') as unknown,
    });
    server.close();
    for (const socket of open) socket.destroy();
  });

  it('that the server closes before it has said a word is one that cannot be made', async () => {
    const { certificatePem: cert, keyPem: key } = certificate;
    const server = createTlsServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => socket.end());
    const connection = await connect(`https://127.0.0.1:${await listen(server)}`);
    const startedMs = performance.now();
    await expect(connection.request(post)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    server.close();
  });

  it('is not made with a server that we do not trust', async () => {
    await using server = await serve(({ answer }) => answer());
    const connection = await connect(server.url, { tlsServerName: 'other.example.com' });
    await expect(connection.request(post)).rejects.toMatchObject({ code: 'CLUSTER_TLS' });
    expect(server.asked).toEqual([]);
  });
});

/** The head of an answer and half of what it promises, and then what happens. */
function sendHalf(stream: ServerHttp2Stream, then: () => void): void {
  stream.respond({ ':status': 200 });
  stream.write('{"whole":', () => setTimeout(then, 20));
}
