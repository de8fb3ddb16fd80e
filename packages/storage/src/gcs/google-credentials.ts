import { GoogleAuth } from 'google-auth-library';

/** Headers that say who asks; `isRejected`: the last ones were refused, so new ones are wanted. */
export type Authorize = (isRejected: boolean) => Promise<Readonly<Record<string, string>>>;

/**
 * Google's own chain: GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`, workload identity, the
 * metadata of the machine. Nothing is read before the first request.
 */
export function googleCredentials(): Authorize {
  const open = (): GoogleAuth => new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/devstorage.read_write' });
  let auth = open();
  return async (isRejected) => {
    // It keeps a token until it expires; one that was revoked before is forgotten with it.
    if (isRejected) auth = open();
    return Object.fromEntries(await auth.getRequestHeaders());
  };
}
