import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConnection } from '@infrabackup/kube';
import { createCertificateAuthority } from '../cluster/certificates.ts';

/** A server that breaks off whoever resumes a session, and answers everybody else. */
let server: Server;
let folder: string;
let resumed = 0;
const answered = Promise.withResolvers<undefined>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-connections-'));
  const authority = await createCertificateAuthority(folder);
  const { certificatePem, keyPem } = await authority.issue({ commonName: 'server', serverNames: ['127.0.0.1'] });
  server = createServer({ cert: certificatePem, key: keyPem }, ({ url }, response) => {
    // One connection is taken until the other has its answer.
    if (url === '/a') void answered.promise.then(() => response.end('{}'));
    else response.end('{}');
    if (url === '/b') answered.resolve(undefined);
  });
  server.on('secureConnection', (socket) => {
    if (!socket.isSessionReused()) return;
    resumed++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const port = (): number => (server.address() as AddressInfo).port;
const connect = async () =>
  loadConnection({
    ...{ server: `https://127.0.0.1:${port()}`, certificateAuthority: join(folder, 'ca.crt') },
    ...{ env: { HOME: '/nonexistent' }, clock: { now: () => 0 }, random: () => 0 },
  });

describe('connections over TLS', () => {
  it('are made anew, without the session of the last one, where that is not taken', async () => {
    const connection = await connect();
    await connection.requestJson({ path: '/first' });
    // What is sent at once takes a second connection, which resumes the session of the first.
    const both = [connection.requestJson({ path: '/a' }), connection.requestJson({ path: '/b' })];
    expect(await Promise.all(both)).toEqual([{}, {}]);
    expect(resumed).toBe(1);
  });

  it.runIf(process.platform === 'linux')('are kept alive while nobody uses them', async () => {
    const connection = await connect();
    await connection.requestJson({ path: '/first' });
    // Of an open connection to the server the running timer, of which 02 is that of keep-alive.
    // Source: https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt
    const toServer = `:${port().toString(16).toUpperCase().padStart(4, '0')} 01 `;
    const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
    const timers = lines.filter((line) => line.includes(toServer)).map((line) => / (\d\d):[0-9A-F]{8} /.exec(line)![1]);
    expect(timers).toContain('02');
  });
});
