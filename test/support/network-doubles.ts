import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Something between a client and a server, on the loopback address. */
export interface NetworkDouble extends AsyncDisposable {
  readonly port: number;
  /** Where clients wanted to go, as `host:port`, one for each connection. */
  readonly asked: readonly string[];
}

/** A proxy by HTTP CONNECT that finds every name on this machine. */
export function startHttpProxy(): Promise<NetworkDouble> {
  const asked: string[] = [];
  const server = createHttpServer().on('connect', (request, client) => {
    asked.push(request.url!);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    join(client, Number(request.url!.split(':')[1]));
  });
  return listen(server, asked);
}

/** A SOCKS 5 proxy for names, without authentication (RFC 1928), that finds every name on this machine. */
export function startSocksProxy(): Promise<NetworkDouble> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request) => {
        const nameEnd = 5 + request[4]!;
        const port = request.readUInt16BE(nameEnd);
        asked.push(`${request.subarray(5, nameEnd).toString()}:${port}`);
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        join(client, port);
      });
    });
  });
  return listen(server, asked);
}

/** A wire to a server on this machine that ends once `lengthBytes` have come back; Infinity lets it hold. */
export function startBreakingWire(
  serverUrl: string,
  lengthBytes: (connection: number) => number,
): Promise<NetworkDouble> {
  const { host, port } = new URL(serverUrl);
  const asked: string[] = [];
  const server = createServer((client) => {
    let left = lengthBytes(asked.push(host) - 1);
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => undefined).on('close', () => client.destroySoon());
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!client.write(bytes.subarray(0, Math.min(left, bytes.length)))) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
      left -= bytes.length;
      if (left <= 0) upstream.destroy();
    });
  });
  return listen(server, asked);
}

/** A wire to a server on this machine on which every byte of the client arrives `delayMs` late: each request waits so long. */
export function startSlowWire(serverUrl: string, delayMs: number): Promise<NetworkDouble> {
  const { host, port } = new URL(serverUrl);
  const asked: string[] = [];
  const server = createServer((client) => {
    asked.push(host);
    const upstream = connect(Number(port), '127.0.0.1');
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => undefined).on('close', () => client.destroy());
    // Timers of one delay fire in the order in which they were set, so the bytes keep theirs.
    client.on('data', (bytes) => setTimeout(() => upstream.write(bytes), delayMs));
    upstream.pipe(client);
  });
  return listen(server, asked);
}

function join(client: Duplex, port: number): Socket {
  const upstream = connect(port, '127.0.0.1');
  client.on('error', () => undefined).on('close', () => upstream.destroy());
  upstream.on('error', () => undefined).on('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
  return upstream;
}

async function listen(server: Server | HttpServer, asked: readonly string[]): Promise<NetworkDouble> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
