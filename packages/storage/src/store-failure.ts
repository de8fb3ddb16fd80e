import { AppError, isAppError } from '@infrabackup/core';
import type { ErrorCode } from '@infrabackup/core';
import { SourceFailure } from './source-failure.ts';

/** What an error of a server, a client or a connection means to people; without a `why` its own words stand. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly why?: string | undefined;
  readonly hint?: string | undefined;
}

/** What was tried, for the message. */
export interface Attempt {
  readonly uri: string;
  readonly verb: 'read' | 'write' | 'list' | 'look up' | 'remove';
  /** Empty: the location as a whole. */
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** What is thrown where no value is. */
export function noSuchValue(uri: string, key: string): AppError {
  return new AppError('STORE_NOT_FOUND', `${uri} has no ${key}`);
}

/** What a `create` throws that finds a value. */
export function taken(uri: string, key: string): AppError {
  return new AppError('STORE_EXISTS', `${uri} has a ${key} already; it was left as it is`);
}

/** Source: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const tlsCodes =
  /^(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/**
 * What a driver throws for a failed attempt: the error of a body's own stream and an AppError as they are, CANCELLED
 * once the signal has fired, STORE_TLS for a certificate that is not trusted, else what `meaningOf` says, and
 * STORE_UNAVAILABLE for what that does not know.
 */
export function storeFailure(
  error: unknown,
  { uri, verb, key, signal }: Attempt,
  meaningOf: (error: Error) => Meaning | undefined,
): unknown {
  if (error instanceof SourceFailure) return error.cause;
  if (isAppError(error) || !(error instanceof Error)) return error;
  if (signal?.aborted === true) return new AppError('CANCELLED', 'stopped before it was done', { cause: error });
  const { code, why, hint } = meaningOf(error) ?? tlsMeaning(error) ?? unknownFailure;
  if (code === 'STORE_NOT_FOUND') return noSuchValue(uri, key);
  const place = key === '' ? uri : `${key} in ${uri}`;
  return new AppError(code, `could not ${verb} ${place}: ${why ?? error.message}`, { hint, cause: error });
}

const unknownFailure: Meaning = {
  code: 'STORE_UNAVAILABLE',
  hint: 'try again; kubectl infrabackup location check tells more',
};

function tlsMeaning(error: Error): Meaning | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const isTls = 'code' in cause && typeof cause.code === 'string' && tlsCodes.test(cause.code);
    if (isTls)
      return {
        code: 'STORE_TLS',
        why: cause.message,
        hint: 'give the location ?ca=FILE with the certificate of who signed it',
      };
  }
  return undefined;
}
