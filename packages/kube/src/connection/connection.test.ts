import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { optionsFor, sendJson, sendStatus, serve } from '../fault-server.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { Connection } from './connection.ts';
import { loadConnection } from './load-connection.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-connection-'));
});
afterEach(() => rm(folder, { recursive: true }));

const connect = (server: string, more: Partial<ConnectionOptions> = {}) => loadConnection(optionsFor(server, more));

const atX = { begin: () => ({ path: '/x' }), hasProgressed: () => false };

/** The body of a stream, and how often it began. */
async function readStream(connection: Connection, path = '/list'): Promise<{ text: string; begun: number }> {
  let text = '';
  let begun = 0;
  const begin = () => {
    begun++;
    text = '';
    return { path };
  };
  for await (const chunk of connection.stream({ begin, hasProgressed: () => false })) text += chunk.toString();
  return { text, begun };
}

describe('a request', () => {
  test('says who sends it, in whose name, and asks for no compression', async () => {
    let headers: Record<string, string[] | undefined> = {};
    await using server = await serve((request, response) => {
      headers = request.headersDistinct;
      sendJson(response, 200, {});
    });
    const connection = await connect(`${server.url}/k8s/clusters/c-1/`, {
      token: 't',
      as: 'jane',
      asGroups: ['ops', 'дев'],
      asUid: '7',
      userAgent: 'kubectl-infrabackup/1.0',
    });
    await connection.requestJson({ path: '/version' });
    expect(server.asked).toEqual(['GET /k8s/clusters/c-1/version']);
    expect(headers).toMatchObject({
      authorization: ['Bearer t'],
      'impersonate-user': ['jane'],
      'impersonate-group': ['ops', Buffer.from('дев').toString('latin1')],
      'impersonate-uid': ['7'],
      'user-agent': ['kubectl-infrabackup/1.0'],
      accept: ['application/json'],
    });
    expect(headers['accept-encoding']).toBeUndefined();
  });

  test('carries a body, and brings the status and warnings back', async () => {
    let sent = '';
    await using server = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
      request.on('end', () => sendJson(response, 409, {}, { warning: ['299 - "one"', '299 - "two"'] }));
      expect(request.headers['content-type']).toBe('application/merge-patch+json');
      expect(request.headers['content-length']).toBe('9');
    });
    const connection = await connect(server.url);
    const contentType = 'application/merge-patch+json';
    const answer = await connection.request({
      method: 'PATCH',
      path: '/x',
      body: '{"a":"é"}'.replace('é', 'e'),
      contentType,
    });
    expect(answer).toMatchObject({ statusCode: 409, warnings: ['299 - "one"', '299 - "two"'] });
    expect(sent).toBe('{"a":"e"}');
  });

  test('uses a connection again', async () => {
    const ports = new Set<number>();
    await using server = await serve((request, response) => {
      ports.add(request.socket.remotePort!);
      sendJson(response, 200, {});
    });
    const connection = await connect(server.url);
    for (let i = 0; i < 5; i++) await connection.requestJson({ path: '/x' });
    expect(ports.size).toBe(1);
  });

  test('that is throttled waits as long as it is told to, whatever its method', async () => {
    const times: number[] = [];
    await using server = await serve((_, response, turn) => {
      times.push(performance.now());
      if (turn === 0) sendStatus(response, 429, 'TooManyRequests', 'slow down', { headers: { 'retry-after': '1' } });
      else if (turn === 1) sendStatus(response, 429, 'TooManyRequests', 'slow', { details: { retryAfterSeconds: 2 } });
      else sendJson(response, 201, {});
    });
    const connection = await connect(server.url);
    expect(await connection.request({ method: 'POST', path: '/x', body: '{}' })).toMatchObject({ statusCode: 201 });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(1_990);
  });

  test.each<[string, 'GET' | 'PUT' | 'DELETE' | 'POST' | 'PATCH', number]>([
    ['is repeated', 'GET', 2],
    ['is repeated', 'PUT', 2],
    ['is repeated', 'DELETE', 2],
    ['is not repeated', 'POST', 1],
    ['is not repeated', 'PATCH', 1],
  ])('whose connection is cut %s: %s', async (_, method, times) => {
    await using server = await serve((request, response, turn) => {
      if (turn === 0) request.socket.destroy();
      else sendJson(response, 200, {});
    });
    const connection = await connect(server.url);
    const answer = connection.request({ method, path: '/x' });
    if (times === 2) expect(await answer).toMatchObject({ statusCode: 200 });
    else await expect(answer).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(server.asked.length).toBe(times);
  });

  test('whose whole answer is cut in the middle is repeated', async () => {
    await using server = await serve((_, response, turn) => {
      if (turn > 0) sendJson(response, 200, { whole: true });
      else {
        response.writeHead(200, { 'content-length': '100' }).write('{"wh');
        setTimeout(() => response.destroy(), 20);
      }
    });
    expect(await (await connect(server.url)).requestJson({ path: '/x' })).toEqual({ whole: true });
  });

  test('that the server fails at is repeated when that is safe, and the last answer is explained', async () => {
    await using server = await serve((_, response, turn) => {
      if (turn < 2) sendStatus(response, 500, 'InternalError', 'etcdserver: leader changed');
      else sendStatus(response, 403, 'Forbidden', 'no');
    });
    await expect((await connect(server.url)).requestJson({ path: '/x' })).rejects.toMatchObject({
      code: 'CLUSTER_FORBIDDEN',
    });
    expect(server.asked.length).toBe(3);
  });

  test('that is not answered in time ends, and says so', async () => {
    await using server = await serve(() => undefined);
    const connection = await connect(server.url, { requestTimeoutMs: 100 });
    await expect(connection.request({ path: '/x', idempotent: false })).rejects.toMatchObject({
      code: 'CLUSTER_TIMEOUT',
      message: `the API server ${server.url} could not be reached: no answer within 0.1 s`,
    });
  });

  test('without a limit of time is waited for', async () => {
    await using server = await serve((_, response) => void setTimeout(() => sendJson(response, 200, {}), 50));
    expect(await (await connect(server.url, { requestTimeoutMs: 0 })).requestJson({ path: '/x' })).toEqual({});
  });

  test('whose answer trickles in without an end is given up', async () => {
    await using server = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const connection = await connect(server.url, { requestTimeoutMs: 1_000 });
    await expect(connection.request({ path: '/x', idempotent: false })).rejects.toMatchObject({
      code: 'CLUSTER_TIMEOUT',
      message: expect.stringContaining('not complete within 1 s') as unknown,
    });
  });

  test.each([
    ['while it waits for the answer', 0],
    ['while it waits to try again', 1],
  ])('is cancelled at once %s', async (_, failures) => {
    const stop = new AbortController();
    await using server = await serve((_request, response, turn) => {
      setTimeout(() => stop.abort(), 50);
      if (turn < failures) sendStatus(response, 429, 'TooManyRequests', '', { headers: { 'retry-after': '30' } });
    });
    const began = performance.now();
    const connection = await connect(server.url);
    await expect(connection.request({ path: '/x', signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - began).toBeLessThan(5_000);
    await expect(connection.request({ path: '/x', signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(server.asked.length).toBe(1);
  });

  test('may be one of many under one signal without a warning', async () => {
    const warnings: unknown[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    await using server = await serve((_, response) => sendJson(response, 200, {}));
    const connection = await connect(server.url);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 40 }, () => connection.request({ path: '/x', signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('a server', () => {
  test('that was never there is given up at once, with a command to look', async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();
    const began = performance.now();
    await expect((await connect(server.url)).request({ path: '/x' })).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: `the API server ${server.url} could not be reached: the connection was refused (ECONNREFUSED)`,
      hint: 'kubectl cluster-info',
    });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('that is started again is waited for', async () => {
    const first = await serve((_, response) => sendJson(response, 200, { life: 1 }));
    const connection = await connect(first.url);
    await connection.requestJson({ path: '/x' });
    await first[Symbol.asyncDispose]();
    const answer = connection.requestJson({ path: '/x' });
    const second = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"life":2}'));
    });
    setTimeout(() => second.listen(Number(new URL(first.url).port), '127.0.0.1'), 300);
    expect(await answer).toEqual({ life: 2 });
    second.close();
  });

  test('that is none is told from one that fails', async () => {
    await using server = await serve((_, response) => response.writeHead(200).end('<html>Sign in</html>'));
    await expect((await connect(server.url)).requestJson({ path: '/x' })).rejects.toMatchObject({
      code: 'CLUSTER_PROTOCOL',
      message: expect.stringContaining('is not JSON') as unknown,
    });
    const noTls = server.url.replace('http:', 'https:');
    await expect((await connect(noTls)).request({ path: '/x' })).rejects.toMatchObject({
      code: 'CLUSTER_TLS',
      message: expect.stringContaining('does not speak TLS') as unknown,
    });
  });
});

describe('a credential', () => {
  test('from a file is read again when it is refused, and the request is sent again', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    const kubeconfig = join(folder, 'config');
    await using server = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer new') sendJson(response, 200, { ok: true });
      else void writeFile(tokenFile, 'new\n').then(() => sendStatus(response, 401, 'Unauthorized', 'Unauthorized'));
    });
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'x',
        clusters: [{ name: 'c', cluster: { server: server.url } }],
        users: [{ name: 'u', user: { token: 'unused', tokenFile: 'token' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      }),
    );
    const connection = await loadConnection({ ...optionsFor('', { kubeconfig }), server: undefined });
    expect(await connection.requestJson({ path: '/x' })).toEqual({ ok: true });
    expect(server.asked.length).toBe(2);
  });

  test('that cannot be renewed is refused once', async () => {
    await using server = await serve((_, response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized'));
    await expect((await connect(server.url, { token: 't0p' })).request({ path: '/x' })).rejects.toMatchObject({
      code: 'CLUSTER_UNAUTHORIZED',
      hint: 'log in again, then try: kubectl auth whoami',
    });
    expect(server.asked.length).toBe(1);
  });

  test('that no header can carry is refused without being shown', async () => {
    const error = await (
      await connect('http://127.0.0.1:1', { token: 's3cr3t\nmore' })
    )
      .request({ path: '/x' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CREDENTIAL_FAILED' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cr3t');
  });

  test('is not shown by looking at the connection or its errors', async () => {
    await using server = await serve((_, response) => sendStatus(response, 401, 'Unauthorized', 'Unauthorized'));
    const connection = await connect(server.url.replace('//', '//me:passw0rd@'), { token: 's3cr3t' });
    const error = await connection.request({ path: '/x' }).catch((thrown: unknown) => thrown);
    const shown = inspect([connection, error], { depth: 10, showHidden: true });
    expect(shown).toContain('CLUSTER_UNAUTHORIZED');
    expect(shown).not.toMatch(/s3cr3t|passw0rd/);
  });
});

describe('a stream', () => {
  test('begins again after a cut, and says so', async () => {
    await using server = await serve((_, response, turn) => {
      response.writeHead(200).write('first half ');
      if (turn === 0) setTimeout(() => response.destroy(), 20);
      else response.end('second half');
    });
    expect(await readStream(await connect(server.url))).toEqual({ text: 'first half second half', begun: 2 });
  });

  test('is given up after a few cuts', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200).write('x');
      setTimeout(() => response.destroy(), 5);
    });
    // Less than the least random number makes no wait at all.
    await expect(readStream(await connect(server.url, { random: () => -1 }))).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: `the API server ${server.url} failed: the connection was cut (ECONNRESET)`,
    });
    expect(server.asked.length).toBe(7);
  });

  test('may be slow to consume, but not slow to arrive', async () => {
    await using server = await serve((_, response, turn) => {
      response.write('x'.repeat(300_000));
      if (turn === 0) setTimeout(() => response.end('end'), 50);
    });
    const connection = await connect(server.url, { requestTimeoutMs: 1_000 });
    let length = 0;
    for await (const chunk of connection.stream(atX)) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 2_000));
      length += chunk.length;
    }
    expect(length).toBe(300_003);
    await expect(readStream(connection)).rejects.toMatchObject({
      code: 'CLUSTER_TIMEOUT',
      message: expect.stringContaining('nothing more was heard for 1 s') as unknown,
    });
  });

  test('that is left early closes its connection', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    await using server = await serve((_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.write('x'.repeat(300_000));
    });
    const body = (await connect(server.url)).stream(atX);
    await body.next();
    await body.return();
    await closed;
  });

  test('reads no further ahead than the socket holds', async () => {
    let written = 0;
    await using server = await serve((_, response) => {
      const block = Buffer.alloc(1 << 20, 'x');
      const more = () => {
        while (written < 200 << 20) {
          written += block.length;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const body = (await connect(server.url)).stream(atX);
    await body.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await body.return();
    expect(written).toBeLessThan(20 << 20);
  });
});
