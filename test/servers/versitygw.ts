import { mkdir, readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { runCommand } from '../cluster/run-command.ts';
import { provisionGoProgram } from './provision-folder.ts';
import { makeServerCertificate, startServer } from './server-process.ts';

const version = '1.8.0';

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
  /** The official client, as one who may do everything. */
  readonly client: S3Client;
  /**
   * The keys of uploads in parts that nobody has finished or given up, as the server tells them: of one that was given
   * up its folder may hold a part all the same, for what was on the wire by then is still taken and given its name.
   */
  unfinishedUploads(): Promise<readonly string[]>;
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
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: keys.AWS_ACCESS_KEY_ID, secretAccessKey: keys.AWS_SECRET_ACCESS_KEY },
    requestHandler: { httpsAgent: new Agent({ keepAlive: true, ca: await readFile(ca) }) },
  });
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
    client,
    unfinishedUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.map(({ Key = '' }) => Key);
    },
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
}
