import type { Meaning } from '../store-failure.ts';

const credentialsHint =
  'see which are used: aws sts get-caller-identity; they come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, web identity or the machine';
const noCredentials: Meaning = {
  code: 'STORE_CREDENTIALS',
  why: 'no credentials were found, or those that were could not be used',
  hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the location ?profile=NAME',
};
const unknownKey: Meaning = {
  code: 'STORE_CREDENTIALS',
  why: 'the server does not know the access key',
  hint: credentialsHint,
};
const expired: Meaning = { code: 'STORE_CREDENTIALS', why: 'the credentials have expired', hint: 'log in anew' };
const skewed: Meaning = {
  code: 'STORE_CLOCK',
  why: "this machine's clock and the server's are too far apart",
  hint: 'set the clock of this machine: timedatectl set-ntp true',
};
const wrongRegion: Meaning = {
  code: 'USAGE',
  why: 'the bucket is in another region',
  hint: 'give the location ?region=REGION',
};
const full: Meaning = { code: 'STORE_FULL', hint: 'free space there, or name another location with --to' };

/**
 * The errors that mean more than "it failed", by the name that the server or the client gives them.
 * Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; of the client @smithy/core and
 * @aws-sdk/credential-provider-node; of others, https://github.com/minio/minio/blob/master/cmd/api-errors.go.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  CredentialsProviderError: noCredentials,
  TokenProviderError: noCredentials,
  InvalidAccessKeyId: unknownKey,
  // versitygw without an identity folder.
  XAdminUserNotFound: unknownKey,
  InvalidToken: unknownKey,
  SignatureDoesNotMatch: {
    code: 'STORE_CREDENTIALS',
    why: 'the secret key is not the one of the access key',
    hint: credentialsHint,
  },
  ExpiredToken: expired,
  TokenRefreshRequired: expired,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  AccessDenied: {
    code: 'STORE_DENIED',
    why: 'the credentials do not allow it',
    hint: 'docs/locations.md lists the rights that backups need',
  },
  AllAccessDisabled: { code: 'STORE_DENIED' },
  AccountProblem: { code: 'STORE_DENIED' },
  InvalidObjectState: { code: 'STORE_DENIED', hint: 'bring it back from its archive storage class first' },
  NoSuchBucket: {
    code: 'STORE_MISSING',
    why: 'there is no such bucket',
    hint: 'make it first (aws s3 mb), or correct the location; where the server is not AWS, name it: ?endpoint=https://HOST:PORT',
  },
  NoSuchKey: { code: 'STORE_NOT_FOUND' },
  NotFound: { code: 'STORE_NOT_FOUND' },
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  InvalidBucketName: { code: 'USAGE', why: 'no bucket can be called so' },
  InvalidStorageClass: { code: 'USAGE', why: 'the server has no such storage class' },
};

/** The name by which S3 and its client tell an error, e.g. `NoSuchKey`; empty for what is no error. */
export function s3ErrorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** What a failed request means; undefined for what no table knows. */
export function s3Meaning(error: Error): Meaning | undefined {
  const known = Object.hasOwn(meanings, error.name) ? meanings[error.name] : undefined;
  if (known !== undefined) return known;
  if (error.message.startsWith('Region is missing')) {
    return { code: 'USAGE', why: 'nobody says in which region it is', hint: 'give the location ?region=REGION' };
  }
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status === 401) return unknownKey;
  if (status === 403) return { code: 'STORE_DENIED' };
  if (status === 507) return full;
  return undefined;
}
