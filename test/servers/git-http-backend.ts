/**
 * A git server over HTTPS: git's own http-backend behind Node, for the repositories of a folder.
 *
 * `node git-http-backend.ts PORT FOLDER CERTIFICATE KEY WRITER:PASSWORD READER:PASSWORD`
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';

const [port, folder, certificate, key, writer, reader] = process.argv.slice(2);

createServer({ cert: readFileSync(certificate!), key: readFileSync(key!) }, answer).listen(Number(port), '127.0.0.1');

function answer(request: IncomingMessage, response: ServerResponse): void {
  const user = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
  const { pathname, search } = new URL(request.url!, 'https://host');
  const isPush = search.includes('git-receive-pack') || pathname.endsWith('git-receive-pack');
  if (user !== writer && (user !== reader || isPush)) {
    const status = user === reader ? 403 : 401;
    response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {}).end();
    return;
  }
  const { headers, method } = request;
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: user.split(':')[0],
      REQUEST_METHOD: method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
    },
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => undefined);
  response.on('close', () => backend.kill());
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    backend.stdout.off('data', readHead);
    const lines = head
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(': ', 2) as [string, string]);
    const status = lines.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status), Object.fromEntries(lines.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
    backend.stdout.pipe(response);
  };
  backend.stdout.on('data', readHead);
}
