import { provisionGoProgram } from './provision-folder.ts';
import { startServer } from './server-process.ts';

const version = '1.56.1';

/** A Google Cloud Storage with one bucket, which asks nobody for credentials. */
export interface GcsServer {
  readonly endpoint: string;
  readonly bucket: string;
  /** A location in the bucket, as a user types it. */
  location(prefix: string, options?: Readonly<Record<string, string>>): string;
  readonly stop: () => Promise<void>;
}

/** The path of fake-gcs-server. Throws ServerUnavailableError. */
export function provisionFakeGcs(): Promise<string> {
  return provisionGoProgram('fake-gcs-server', 'github.com/fsouza/fake-gcs-server', version);
}

/** Starts fake-gcs-server, with its objects in memory. */
export async function startFakeGcs(program: string): Promise<GcsServer> {
  const bucket = 'backups-of-tests';
  const server = await startServer('fake-gcs-server', ({ port }) => {
    const address = `127.0.0.1:${port}`;
    const names = ['-external-url', `http://${address}`, '-public-host', address];
    const place = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'];
    return Promise.resolve([program, ...place, ...names, '-log-level', 'error']);
  });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const made = await fetch(`${endpoint}/storage/v1/b`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: bucket }),
  });
  if (!made.ok) throw new Error(`fake-gcs-server made no bucket: ${await made.text()}`);
  return {
    endpoint,
    bucket,
    location: (prefix, options = {}) => {
      const query = new URLSearchParams({ endpoint, anonymous: 'true', ...options });
      return `gs://${bucket}${prefix === '' ? '' : `/${prefix}`}?${query.toString()}`;
    },
    stop: server.stop,
  };
}
