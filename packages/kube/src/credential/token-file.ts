import { readFile } from 'node:fs/promises';
import { AppError, type Clock } from '@infrabackup/core';
import type { Credential, CredentialSource } from './credential.ts';

/**
 * How long a token is used before its file is read again.
 *
 * Source: https://github.com/kubernetes/client-go/blob/v0.36.3/transport/token_source.go (NewCachedFileTokenSource)
 */
const rereadAfterMs = 60_000;

/** The bearer token in a file that somebody else renews, as the kubelet does for a pod's service account. */
export function tokenFileCredential(file: string, base: Credential, clock: Clock): CredentialSource {
  let known: Credential | undefined;
  let readAtMs = 0;

  async function read(): Promise<Credential> {
    const authorization = `Bearer ${await readToken(file)}`;
    if (known?.authorization !== authorization) known = { ...base, authorization };
    readAtMs = clock.now();
    return known;
  }
  return {
    current: async () => (known !== undefined && clock.now() - readAtMs < rereadAfterMs ? known : read()),
    renew: async (refused) => (await read()).authorization !== refused.authorization,
  };
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new AppError('CREDENTIAL_FAILED', `the token file ${file} could not be read: ${reason}`, {
      refs: [file],
      cause: error,
    });
  }
  if (token === '') throw new AppError('CREDENTIAL_FAILED', `the token file ${file} is empty`, { refs: [file] });
  return token;
}
