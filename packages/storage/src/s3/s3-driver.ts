import type { StorageClass } from '@aws-sdk/client-s3';
import { AppError, isKeySegment } from '@infrabackup/core';
import { defineDriver } from '../driver.ts';
import { fileOption, flagOption, serverOption, silenceOption, textOption, wordOption } from '../location-option.ts';

/** Buckets of AWS and of all that speak its protocol. */
export const s3Driver = defineDriver('s3', {
  example: 's3://bucket/prefix',
  options: {
    endpoint: serverOption('the server, where it is not AWS'),
    region: textOption('the region, e.g. eu-central-1; else AWS_REGION or the profile says it'),
    profile: textOption('a profile of the shared AWS files; else AWS_PROFILE says it'),
    pathStyle: flagOption('whether the bucket stands in the path and not in the host; true where an endpoint is given'),
    dualStack: flagOption("whether to use AWS's addresses for IPv6 too"),
    ca: fileOption('a file of certificates (PEM) to trust besides those that Node knows'),
    timeout: silenceOption,
    storageClass: textOption('the storage class of what is written, e.g. STANDARD_IA'),
    sse: wordOption(['AES256', 'aws:kms', 'aws:kms:dsse']),
    kmsKeyId: textOption('the key of sse=aws:kms; else the one of the bucket'),
    checksums: wordOption(['whenRequired', 'whenSupported'], 'whenRequired'),
    conditionalWrites: wordOption(['auto', 'never'], 'auto'),
  },
  open: async (address, { conditionalWrites, timeout, ...options }, { uri, env }) => {
    const [bucket, prefix] = parseAddress(address);
    const [{ connectS3 }, { S3Store }] = await Promise.all([import('./connect-s3.ts'), import('./s3-store.ts')]);
    return new S3Store({
      uri,
      client: await connectS3({ ...options, timeoutMs: timeout }, env),
      bucket,
      prefix,
      conditionalWrites: conditionalWrites !== 'never',
      // Other servers than AWS have classes of their own.
      written: {
        ...(options.storageClass !== undefined && { StorageClass: options.storageClass as StorageClass }),
        ...(options.sse !== undefined && { ServerSideEncryption: options.sse }),
        ...(options.kmsKeyId !== undefined && { SSEKMSKeyId: options.kmsKeyId }),
      },
    });
  },
});

/** What buckets are called: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, older ones too. */
const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

function parseAddress(address: string): readonly [bucket: string, prefix: string] {
  const [, bucket = '', path = ''] = /^\/\/([^/]+)(?:\/+(.*?)\/*)?$/.exec(address) ?? [];
  if (bucketName.test(bucket) && (path === '' || path.split('/').every(isKeySegment))) {
    return [bucket, path === '' ? '' : `${path}/`];
  }
  throw new AppError('USAGE', `s3:${address} does not name a bucket and a prefix in it`, {
    hint: 'write s3://BUCKET or s3://BUCKET/PREFIX; the server goes into ?endpoint=https://HOST:PORT',
  });
}
