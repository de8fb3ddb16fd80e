import type { ErrorCode } from '@infrabackup/core';

/** Why no whole answer came, and what that says about the request. */
export interface NetworkFailure {
  readonly code: Extract<ErrorCode, 'CLUSTER_UNREACHABLE' | 'CLUSTER_TLS' | 'CLUSTER_TIMEOUT' | 'CLUSTER_PROTOCOL'>;
  /**
   * `unsent`: the server never saw it. `cut`: it may have been carried out. `slow`: the same, after a long wait.
   * `final`: asking again gives the same.
   */
  readonly fate: 'unsent' | 'cut' | 'slow' | 'final';
  readonly message: string;
}

/** Nothing was heard for too long, or the whole took too long. */
export class TimeoutError extends Error {
  readonly code = 'INFRABACKUP_TIMEOUT';
}

/**
 * What Node's errors mean; an empty message leaves it to Node's own.
 *
 * Source: https://nodejs.org/api/errors.html#common-system-errors and https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const table: readonly (NetworkFailure & { readonly codes: RegExp; readonly words?: RegExp })[] = [
  { codes: /^INFRABACKUP_TIMEOUT$/, code: 'CLUSTER_TIMEOUT', fate: 'slow', message: '' },
  { codes: /^ECONNREFUSED$/, code: 'CLUSTER_UNREACHABLE', fate: 'unsent', message: 'the connection was refused' },
  { codes: /^(ENOTFOUND|EAI_\w+)$/, code: 'CLUSTER_UNREACHABLE', fate: 'unsent', message: 'its name does not resolve' },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL)$/,
    code: 'CLUSTER_UNREACHABLE',
    fate: 'unsent',
    message: 'there is no route to it',
  },
  { codes: /^ETIMEDOUT$/, code: 'CLUSTER_UNREACHABLE', fate: 'cut', message: 'it does not answer' },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED)$/,
    code: 'CLUSTER_UNREACHABLE',
    fate: 'cut',
    message: 'the connection was cut',
  },
  {
    codes: /^(HPE_\w+|INFRABACKUP_NOT_HTTP)$/,
    code: 'CLUSTER_PROTOCOL',
    fate: 'final',
    message: 'it does not speak HTTP',
  },
  {
    // What OpenSSL calls the answer of a server that does not speak TLS.
    codes: /^(EPROTO|ERR_SSL_\w+)$/,
    words: /wrong version number|packet length too long/i,
    code: 'CLUSTER_TLS',
    fate: 'final',
    message: 'it does not speak TLS',
  },
  {
    codes: /CERTIFICATE_REQUIRED$|ALERT_BAD_CERTIFICATE$|ALERT_CERTIFICATE_\w+$|ALERT_UNKNOWN_CA$|ALERT_DECRYPT_ERROR$/,
    code: 'CLUSTER_TLS',
    fate: 'final',
    message: 'it does not accept our client certificate',
  },
  { codes: /^CERT_HAS_EXPIRED$/, code: 'CLUSTER_TLS', fate: 'final', message: 'its certificate has expired' },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    code: 'CLUSTER_TLS',
    fate: 'final',
    message: '',
  },
  {
    codes: /^(CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE)$/,
    code: 'CLUSTER_TLS',
    fate: 'final',
    message: 'its certificate is not signed by an authority that we trust',
  },
  {
    codes: /^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+|ERR_OSSL_\w+)$/,
    code: 'CLUSTER_TLS',
    fate: 'final',
    message: 'TLS failed',
  },
];

/** What an error of a request or its answer's stream means; undefined for one that no network makes. */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  // With several addresses for a name, Node wraps one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return networkFailure(error.errors[0]);
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return undefined;
  const row = table.find(({ codes, words }) => codes.test(code) && (words?.test(error.message) ?? true));
  if (row === undefined) return undefined;
  return { code: row.code, fate: row.fate, message: row.message === '' ? error.message : `${row.message} (${code})` };
}
