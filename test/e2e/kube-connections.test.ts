import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { loadConnection } from '@infrabackup/kube';

it.runIf(process.platform === 'linux')('a connection is kept alive while nobody uses it', async () => {
  const server = createServer((_, response) => void response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await loadConnection({
    ...{ server: `http://127.0.0.1:${port}`, env: { HOME: '/nonexistent' } },
    ...{ clock: { now: () => 0 }, random: () => 0 },
  });
  await connection.requestJson({ path: '/x' });
  // Of an open connection to the server the timer that runs, of which 02 is that of keep-alive.
  // Source: https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt
  const toServer = `:${port.toString(16).toUpperCase().padStart(4, '0')} 01 `;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
  const timers = lines.filter((line) => line.includes(toServer)).map((line) => / (\d\d):[0-9A-F]{8} /.exec(line)![1]);
  expect(timers).toContain('02');
  server.closeAllConnections();
  server.close();
});
