import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Certificate } from '../cluster/certificates.ts';

/** The address of a server that answers as it is told, until the running test ends; over TLS by a certificate. */
export async function startAnswering(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  certificate?: Certificate,
): Promise<string> {
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    text(request).then(
      (body) => answer(request, response, body),
      // The client gave up.
      () => response.destroy(),
    );
  };
  const server =
    certificate === undefined
      ? createServer(serve)
      : createTlsServer({ cert: certificate.certificatePem, key: certificate.keyPem }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
