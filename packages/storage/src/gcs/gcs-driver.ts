import { AppError, isKeySegment } from '@infrabackup/core';
import { defineDriver } from '../driver.ts';
import { fileOption, flagOption, serverOption, silenceOption, textOption } from '../location-option.ts';

/** Buckets of Google Cloud Storage. */
export const gcsDriver = defineDriver('gs', {
  example: 'gs://bucket/prefix',
  options: {
    endpoint: serverOption('the server, where it is not storage.googleapis.com'),
    anonymous: flagOption('whether to send no credentials, as to an emulator'),
    ca: fileOption('a file of certificates (PEM) to trust besides those that Node knows'),
    timeout: silenceOption,
    kmsKey: textOption(
      'the key to encrypt by, projects/P/locations/L/keyRings/R/cryptoKeys/K; else the one of the bucket',
    ),
  },
  open: async (address, { endpoint, anonymous, ca, timeout, kmsKey }, { uri, env }) => {
    const [bucket, prefix] = parseAddress(address);
    const [{ GcsStore }, { GcsClient }, { httpAgents }] = await Promise.all([
      import('./gcs-store.ts'),
      import('./gcs-client.ts'),
      import('../http-agents.ts'),
    ]);
    const authorize =
      anonymous === true ? () => Promise.resolve({}) : (await import('./google-credentials.ts')).googleCredentials();
    const server = endpoint ?? new URL('https://storage.googleapis.com');
    const agents = await httpAgents(ca, env);
    const client = new GcsClient({ server, agents, authorize, timeoutMs: timeout });
    return new GcsStore({ uri, client, bucket, prefix, kmsKey });
  },
});

/** Source: https://cloud.google.com/storage/docs/buckets#naming */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

function parseAddress(address: string): readonly [bucket: string, prefix: string] {
  const [, bucket = '', path = ''] = /^\/\/([^/]+)(?:\/+(.*?)\/*)?$/.exec(address) ?? [];
  if (bucketName.test(bucket) && (path === '' || path.split('/').every(isKeySegment))) {
    return [bucket, path === '' ? '' : `${path}/`];
  }
  throw new AppError('USAGE', `gs:${address} does not name a bucket and a prefix in it`, {
    hint: 'write gs://BUCKET or gs://BUCKET/PREFIX',
  });
}
