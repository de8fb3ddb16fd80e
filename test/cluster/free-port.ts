import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range from which systems draw the near ends of outgoing connections, any of which could take a port between look and use. */
const lowestPort = 20_000;
const highestPort = 32_000;

/** A port of the loopback address that nobody listens on; somebody may, a moment later. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return port;
    } catch {
      // Taken: look elsewhere.
    } finally {
      server.close();
    }
  }
}
