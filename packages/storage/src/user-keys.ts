import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  AppError,
  parseAgeIdentities,
  parseEncryptionConfig,
  type EncryptionConfig,
  type Keyring,
} from '@infrabackup/core';

/** The files with a user's keys; absent: none of that kind. */
export interface KeyFiles {
  /** A Kubernetes EncryptionConfiguration. */
  readonly encryptionConfig?: string | undefined;
  /** The age identity of a recipient. */
  readonly ageIdentity?: string | undefined;
}

/** What a user can open encrypted objects with: keys, and the rules that they stand in. */
export type UserKeys = Keyring & EncryptionConfig;

/**
 * The keys in these files, whose paths start from the working folder; undefined where no file is named.
 *
 * Throws USAGE for a file that cannot be read or is none, without quoting it.
 */
export async function readUserKeys(
  { encryptionConfig, ageIdentity }: KeyFiles,
  workingFolder: string,
): Promise<UserKeys | undefined> {
  if (encryptionConfig === undefined && ageIdentity === undefined) return undefined;
  const none: EncryptionConfig = { rules: [], keys: [] };
  const config = encryptionConfig === undefined ? none : await readEncryptionConfig(encryptionConfig, workingFolder);
  if (ageIdentity === undefined) return config;
  return {
    ...config,
    identities: await parseAgeIdentities(await readKeyFile(ageIdentity, workingFolder), ageIdentity),
  };
}

/** The configuration in a file. Throws USAGE as {@link readUserKeys}. */
export async function readEncryptionConfig(file: string, workingFolder: string): Promise<EncryptionConfig> {
  return parseEncryptionConfig(await readKeyFile(file, workingFolder), file);
}

async function readKeyFile(file: string, workingFolder: string): Promise<string> {
  if (/AGE-SECRET-KEY-/i.test(file)) {
    throw new AppError('USAGE', 'an age identity was given where the file that holds it belongs; it was not used', {
      hint: 'write it into a file that only you can read, and name that; this one is in the history of your shell now',
    });
  }
  try {
    return await readFile(resolve(workingFolder, file), 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', `the keys in ${file} cannot be read: ${(cause as Error).message}`, {
      hint: 'it is named by a flag, by the entry of the location in config.yaml, or by the environment (INFRABACKUP_...)',
      cause,
    });
  }
}
