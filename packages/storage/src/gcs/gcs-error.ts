import type { Meaning } from '../store-failure.ts';
import { GcsError, GoogleCredentialError } from './gcs-client.ts';

const credentialsHint =
  'log in: gcloud auth application-default login; or set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file';

/** Sources: https://cloud.google.com/storage/docs/json_api/v1/status-codes; of the credentials, google-auth-library. */
export function gcsMeaning(error: Error): Meaning | undefined {
  if (error instanceof GoogleCredentialError) return credentialMeaning(error);
  if (!(error instanceof GcsError)) return undefined;
  const { status, reason, message } = error;
  if (status === 401)
    return { code: 'STORE_CREDENTIALS', why: 'the credentials were not accepted', hint: credentialsHint };
  if (reason === 'quotaExceeded' || reason === 'storageQuotaExceeded') {
    return { code: 'STORE_FULL', hint: 'free space there, or name another location with --to' };
  }
  if (status === 403) {
    const hint = 'docs/locations.md lists the rights that backups need';
    return { code: 'STORE_DENIED', why: `the credentials do not allow it (${message})`, hint };
  }
  if (status === 404 && isAboutTheBucket(message)) return noBucket;
  if (status === 404) return { code: 'STORE_NOT_FOUND' };
  return undefined;
}

/** The meaning of a 404 where no object was asked for. */
export const noBucket: Meaning = {
  code: 'STORE_MISSING',
  why: 'there is no such bucket',
  hint: 'make it first (gcloud storage buckets create), or correct the location',
};

function isAboutTheBucket(message: string): boolean {
  return /bucket (does not|doesn't) exist/i.test(message);
}

function credentialMeaning({ cause }: GoogleCredentialError): Meaning {
  // What Google says of a token that was signed at another time than now.
  if (cause instanceof Error && /iat and exp|reasonable timeframe/i.test(cause.message)) {
    const why = "this machine's clock and the server's are too far apart";
    return { code: 'STORE_CLOCK', why, hint: 'set the clock of this machine: timedatectl set-ntp true' };
  }
  return { code: 'STORE_CREDENTIALS', why: 'no credentials were found that work', hint: credentialsHint };
}
