import { AppError, type Clock } from '@infrabackup/core';
import type { AuthProviderEntry } from '../connection/kubeconfig.ts';
import type { CredentialSource } from './credential.ts';

/** What the `oidc` auth-provider of a user takes. */
export interface OidcRequest {
  readonly userName: string;
  /** The user's entry as the kubeconfig holds it at this moment. */
  readonly readEntry: () => Promise<AuthProviderEntry | undefined>;
  readonly files: readonly string[];
  /** `--context x`, or empty. */
  readonly flags: string;
  readonly clock: Clock;
}

/** Source: https://github.com/kubernetes/client-go/blob/v0.36.3/plugin/pkg/client/auth/oidc/oidc.go (expiryDelta) */
const leewayMs = 10_000;

/**
 * The id token that lies in the kubeconfig, read again when it has expired or is refused.
 *
 * Renewing it is left to kubectl: identity providers that rotate the refresh token would end the user's login if we
 * renewed without writing their kubeconfig, which is not ours to write.
 */
export function oidcCredential({ userName, readEntry, files, flags, clock }: OidcRequest): CredentialSource {
  let token: string | undefined;

  async function read(): Promise<string> {
    token = (await readEntry())?.config?.['id-token'];
    const lacks =
      token === undefined ? 'has no id token' : isExpired(token, clock) ? 'has an expired id token' : undefined;
    if (token !== undefined && lacks === undefined) return token;
    throw new AppError('CREDENTIAL_FAILED', `user ${userName} of the auth-provider oidc ${lacks!}`, {
      hint: `let kubectl renew it, then try again: kubectl auth whoami${flags}`,
      refs: files,
    });
  }
  return {
    current: async () => ({
      authorization: `Bearer ${token !== undefined && !isExpired(token, clock) ? token : await read()}`,
    }),
    renew: async (refused) => `Bearer ${await read()}` !== refused.authorization,
  };
}

/** A token whose end cannot be read counts as valid: the API server will tell. */
function isExpired(token: string, clock: Clock): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' && claims.exp * 1_000 < clock.now() + leewayMs;
  } catch {
    return false;
  }
}
