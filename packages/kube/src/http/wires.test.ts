import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { requestHead } from './request-head.ts';
import type { Answer } from './exchange.ts';
import { Wires } from './wires.ts';

/** A server that hands each connection's requests to `answer`, and the wires to it. */
async function wiresTo(answer: (socket: Socket, request: string, connection: number) => void) {
  let connections = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const number = connections++;
    sockets.push(socket);
    socket.on('error', () => undefined).on('data', (bytes) => answer(socket, bytes.toString(), number));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const wires = new Wires((onread) => Promise.resolve(connect({ port, host: '127.0.0.1', onread })));
  return {
    ask: (path: string, signal?: AbortSignal): Promise<Answer> =>
      wires.ask({ head: requestHead('GET', path, { host: 'x' }), body: undefined, signal, timeoutMs: 5_000 }),
    connections: () => connections,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const say = (body: string, ...headers: string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...headers, '', body].join('\r\n');

const text = async (answer: Answer): Promise<string> => (await answer.readAll(5_000)).toString();

test('a connection is used again, but not before its answer has come', async () => {
  await using server = await wiresTo((socket, request) => {
    const path = request.split(' ')[1]!;
    if (path === '/slow') setTimeout(() => socket.write(say(path)), 100);
    else socket.write(say(path));
  });
  const slow = server.ask('/slow');
  expect(await text(await server.ask('/1'))).toBe('/1');
  expect(await text(await server.ask('/2'))).toBe('/2');
  expect(server.connections()).toBe(2);
  expect(await text(await slow)).toBe('/slow');
});

test.each([
  ['that the server closes', (socket: Socket) => socket.end(say('x', 'connection: close'))],
  ['that the server closes without a word', (socket: Socket) => socket.end(say('x'))],
  ['on which more comes than was asked for', (socket: Socket) => socket.write(`${say('x')}${say('y')}`)],
])('a connection %s is not used again', async (_, answer) => {
  await using server = await wiresTo((socket) => void answer(socket));
  for (let i = 1; i <= 3; i++) {
    expect(await text(await server.ask('/'))).toBe('x');
    expect(server.connections()).toBe(i);
    await expect.poll(() => server.sockets[i - 1]!.destroyed).toBe(true);
  }
});

test('an answer that nobody reads ends with its request, and so does its connection', async () => {
  const stop = new AbortController();
  await using server = await wiresTo((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nsome'));
  const answer = await server.ask('/', stop.signal);
  stop.abort(new Error('enough'));
  await expect(answer.readAll(5_000)).rejects.toThrow('enough');
  await once(server.sockets[0]!, 'close');
});

test('what came before a cut is read before the failure', async () => {
  await using server = await wiresTo((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n${'x'.repeat(800_000)}`, () => socket.destroy());
  });
  const answer = await server.ask('/');
  let length = 0;
  const reading = (async () => {
    for await (const bytes of answer.readBlocks(5_000)) length += bytes.length;
  })();
  await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(length).toBe(800_000);
});

test('a block holds while the next one is read', async () => {
  const body = Array.from({ length: 400_000 }, (_, i) => String(i % 10)).join('');
  await using server = await wiresTo((socket) => socket.write(say(body)));
  const answer = await server.ask('/');
  let read = '';
  for await (const bytes of answer.readBlocks(5_000)) {
    const before = bytes.toString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bytes.toString() === before).toBe(true);
    read += before;
  }
  expect(read === body).toBe(true);
});

test('an idle connection does not keep the process alive', async () => {
  await using server = await wiresTo((socket) => socket.write(say('x')));
  await text(await server.ask('/'));
  const idle = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
  // The server's end of it is all that is left.
  expect(idle).toHaveLength(1);
});
