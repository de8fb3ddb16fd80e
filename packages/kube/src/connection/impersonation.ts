import { AppError } from '@infrabackup/core';
import type { Target } from './target.ts';

/**
 * The headers that ask the API server to act as somebody else; empty when nobody is impersonated.
 *
 * Throws `KUBECONFIG_INVALID` for groups, uid or extra without a user.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonationHeaders(target: Target): Record<string, string | readonly string[]> {
  const { as: user, 'as-groups': groups, 'as-uid': uid, 'as-user-extra': extra } = target.user;
  if (user === undefined) {
    if (groups === undefined && uid === undefined && extra === undefined) return {};
    throw new AppError('KUBECONFIG_INVALID', 'a group, uid or extra is to be impersonated, but no user', {
      refs: target.files,
      hint: 'add --as USER',
    });
  }
  return {
    'Impersonate-User': asBytes(user),
    ...(groups !== undefined && { 'Impersonate-Group': groups.map(asBytes) }),
    ...(uid !== undefined && { 'Impersonate-Uid': asBytes(uid) }),
    ...Object.fromEntries(
      Object.entries(extra ?? {}).map(([key, values]) => [
        `Impersonate-Extra-${escapeHeaderName(key)}`,
        values.map(asBytes),
      ]),
    ),
  };
}

/** Go reads headers as UTF-8, and each character of them is sent as one byte. */
function asBytes(value: string): string {
  return Buffer.from(value).toString('latin1');
}

/** Source: https://github.com/kubernetes/client-go/blob/v0.36.3/transport/round_trippers.go (headerKeyEscape) */
function escapeHeaderName(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[!#$&'*+.^_`|~0-9A-Za-z-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
