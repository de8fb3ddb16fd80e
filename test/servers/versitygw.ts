import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../cluster/run-command.ts';
import { provisionGoProgram } from './provision-folder.ts';
import { makeServerCertificate, startServer } from './server-process.ts';

const version = '1.8.0';
/** Longer than a busy machine takes from one look at a connection to the next. */
const quietMs = 1_500;

/** A pair of keys as the tools of AWS take it from the environment. */
export interface S3Keys {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
}

/** An S3 server with one bucket, over TLS. */
export interface S3Server {
  readonly endpoint: string;
  /** The file of the authority that signed its certificate. */
  readonly ca: string;
  readonly bucket: string;
  /** Of one who may do everything. */
  readonly keys: S3Keys;
  /** Of one who is known and may do nothing. */
  readonly powerlessKeys: S3Keys;
  /** A location in the bucket, as a user types it. */
  location(prefix: string, options?: Readonly<Record<string, string>>): string;
  /** The files of uploads in parts that nobody has finished or given up. */
  unfinishedUploads(): Promise<readonly string[]>;
  /** Waits until the server has noticed that a writer is gone: it still takes what was on the wire. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** The path of versitygw, an S3 server that keeps its objects in a folder. Throws ServerUnavailableError. */
export function provisionVersitygw(): Promise<string> {
  return provisionGoProgram('versitygw', 'github.com/versity/versitygw/cmd/versitygw', version);
}

/** Starts versitygw with an identity folder, without which it does not tell unknown keys as S3 does. */
export async function startVersitygw(program: string): Promise<S3Server> {
  const keys = { AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-tester' };
  const powerlessKeys = { AWS_ACCESS_KEY_ID: 'powerless', AWS_SECRET_ACCESS_KEY: 'a-secret-of-nobody' };
  const bucket = 'backups-of-tests';
  const server = await startServer('versitygw', async ({ port, folder }) => {
    const { certificate, key } = await makeServerCertificate(folder);
    const [identities, objects] = [join(folder, 'identities'), join(folder, 'objects')];
    await mkdir(identities);
    await mkdir(join(objects, bucket), { recursive: true });
    const tls = ['--cert', certificate, '--key', key];
    const root = ['--access', keys.AWS_ACCESS_KEY_ID, '--secret', keys.AWS_SECRET_ACCESS_KEY];
    return [
      program,
      ...root,
      '--port',
      `127.0.0.1:${port}`,
      ...tls,
      '--quiet',
      '--keep-alive',
      '--iam-dir',
      identities,
      'posix',
      objects,
    ];
  });
  const endpoint = `https://127.0.0.1:${server.port}`;
  const ca = join(server.folder, 'pki/ca.crt');
  await runCommand(program, [
    ...['admin', '--allow-insecure', '--endpoint-url', endpoint],
    ...['--access', keys.AWS_ACCESS_KEY_ID, '--secret', keys.AWS_SECRET_ACCESS_KEY, 'create-user'],
    ...['--access', powerlessKeys.AWS_ACCESS_KEY_ID, '--secret', powerlessKeys.AWS_SECRET_ACCESS_KEY, '--role', 'user'],
  ]);
  const uploads = join(server.folder, 'objects', bucket, '.sgwtmp');
  /** A part is a file without a name until all of it has arrived; its name is made even if the upload is given up meanwhile. */
  const takesPart = async (): Promise<boolean> => (await server.openPaths()).some((path) => path.startsWith(uploads));
  const sizesOfUploads = async (): Promise<string> => {
    const entries = await readdir(uploads, { recursive: true, withFileTypes: true }).catch(() => []);
    const sizes = entries.map(
      async ({ parentPath, name }) => (await stat(join(parentPath, name)).catch(() => undefined))?.size,
    );
    return JSON.stringify([entries.map(({ name }) => name), await Promise.all(sizes)]);
  };
  return {
    endpoint,
    ca,
    bucket,
    keys,
    powerlessKeys,
    location: (prefix, options = {}) => {
      const query = new URLSearchParams({ endpoint, region: 'us-east-1', ca, ...options });
      return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}?${query.toString()}`;
    },
    unfinishedUploads: async () => {
      const entries = await readdir(join(uploads, 'multipart'), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    settled: async () => {
      for (let before = ''; ;) {
        const now = await sizesOfUploads();
        if (now === before && !(await takesPart())) return;
        before = now;
        await sleep(quietMs);
      }
    },
    stop: server.stop,
  };
}
