import type { Meaning } from '../store-failure.ts';

const credentialsHint =
  'set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or log in: az login; workload and managed identities are found by themselves';
const notAccepted: Meaning = {
  code: 'STORE_CREDENTIALS',
  why: 'the credentials were not accepted',
  hint: credentialsHint,
};
const none: Meaning = { code: 'STORE_CREDENTIALS', why: 'no credentials were found that work', hint: credentialsHint };
const expired: Meaning = {
  code: 'STORE_CREDENTIALS',
  why: 'the credentials have expired, or are not valid yet',
  hint: 'make a new AZURE_STORAGE_SAS_TOKEN, or log in anew: az login',
};
const denied: Meaning = {
  code: 'STORE_DENIED',
  why: 'the credentials do not allow it',
  hint: 'docs/locations.md lists the rights that backups need',
};
const skewed: Meaning = {
  code: 'STORE_CLOCK',
  why: "this machine's clock and the server's are too far apart",
  hint: 'set the clock of this machine: timedatectl set-ntp true',
};
const noContainer: Meaning = {
  code: 'STORE_MISSING',
  why: 'there is no such container',
  hint: 'make it first (az storage container create), or correct the location',
};

/**
 * Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and
 * https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes; of the identities, @azure/identity.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  NoAuthenticationInformation: notAccepted,
  CredentialUnavailableError: none,
  AuthenticationError: none,
  AggregateAuthenticationError: none,
  AuthenticationRequiredError: none,
  AuthorizationFailure: denied,
  AuthorizationPermissionMismatch: denied,
  AuthorizationProtocolMismatch: denied,
  AuthorizationSourceIPMismatch: denied,
  InsufficientAccountPermissions: denied,
  AccountIsDisabled: denied,
  PublicAccessNotPermitted: notAccepted,
  ResourceNotFound: noContainer,
  ContainerNotFound: noContainer,
  ContainerBeingDeleted: noContainer,
  BlobNotFound: { code: 'STORE_NOT_FOUND' },
  BlobArchived: { code: 'STORE_DENIED', hint: 'bring it back from its archive tier first' },
  BlobImmutableDueToPolicy: { code: 'STORE_DENIED', why: 'a policy keeps it from being changed' },
};

/** The name by which Azure tells an error, e.g. `BlobNotFound`; empty where it has none. */
export function azureErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, details } = error as { code?: unknown; details?: { errorCode?: unknown } };
  // The answer to a HEAD names it in a header only.
  const name = [details?.errorCode, code].find((found) => typeof found === 'string');
  return typeof name === 'string' ? name : error.name;
}

/** What a failed request means; undefined for what no table knows. */
export function azureMeaning(error: Error): Meaning | undefined {
  const code = azureErrorCode(error);
  if (code === 'AuthenticationFailed' || code === 'InvalidAuthenticationInfo') return refusalMeaning(error);
  if (Object.hasOwn(meanings, code)) return meanings[code];
  if (Object.hasOwn(meanings, error.name)) return meanings[error.name];
  if ((error as { code?: unknown }).code === 'ENOTFOUND') {
    return {
      code: 'STORE_MISSING',
      why: 'there is no such account',
      hint: 'correct the location: az://ACCOUNT/CONTAINER',
    };
  }
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 401) return notAccepted;
  if (statusCode === 403) return denied;
  if (statusCode === 404) return { code: 'STORE_NOT_FOUND' };
  return undefined;
}

/** What the client tells of a request that was refused for its credentials. */
interface Refusal extends Error {
  readonly request?: { readonly headers: { get(name: string): string | undefined } };
  readonly details?: { readonly date?: string; readonly authenticationErrorDetail?: string };
}

/** Source: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key#specifying-the-date-header */
const longestSkewMs = 15 * 60_000;

function refusalMeaning({ request, details }: Refusal): Meaning {
  const [claimed, real] = [request?.headers.get('x-ms-date'), details?.date].map((date) => Date.parse(date ?? ''));
  if (Math.abs(claimed! - real!) > longestSkewMs) return skewed;
  // The words of a signature, and of a token: they have no code of their own.
  const isOver = /specified time frame|lifetime validation/i.test(details?.authenticationErrorDetail ?? '');
  return isOver ? expired : notAccepted;
}
