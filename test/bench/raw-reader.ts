/**
 * The least that any reader of a cluster must do: asks for the given lists at one revision, in chunks, so many types at
 * a time, and throws the bytes away. A program of its own, the baseline of `create`.
 *
 * `node raw-reader.ts KUBECONFIG-JSON CHUNK CONCURRENCY PATH...`, where the first argument is a file as `writeAccess` makes it.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

const [accessFile, chunk, concurrency, ...paths] = process.argv.slice(2);
const access = JSON.parse(readFileSync(accessFile!, 'utf8')) as {
  server: string;
  ca: string;
  cert: string;
  key: string;
};
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency), ...access });

/** The first and the last bytes of a page hold the continue token; which of the two depends on the type. */
const edgeBytes = 2_048;

interface Page {
  readonly revision: string | undefined;
  readonly token: string | undefined;
}

function read(path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const outgoing = request(access.server + path, { agent }, (response) => {
      let head = '';
      let tail = '';
      response.on('data', (bytes: Buffer) => {
        if (head.length < edgeBytes) head += bytes.toString('latin1', 0, edgeBytes);
        tail =
          bytes.length >= edgeBytes
            ? bytes.toString('latin1', bytes.length - edgeBytes)
            : (tail + bytes.toString('latin1')).slice(-edgeBytes);
      });
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${path} answered ${String(response.statusCode)}: ${head}`));
        const found = (pattern: RegExp): string | undefined => pattern.exec(head)?.[1] ?? pattern.exec(tail)?.[1];
        resolve({ revision: found(/"resourceVersion":"(\d+)"/), token: found(/"continue":"([^"]+)"/) });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}

const { revision } = await read('/api/v1/namespaces?limit=1');
const queue = [...paths];
async function readSome(): Promise<void> {
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    let query = `resourceVersion=${String(revision)}&resourceVersionMatch=Exact`;
    for (;;) {
      const { token } = await read(`${path}?limit=${String(chunk)}&${query}`);
      if (token === undefined) break;
      query = `continue=${encodeURIComponent(token)}`;
    }
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, readSome));
agent.destroy();
