import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  AppError,
  encryptionBy,
  encryptionForAge,
  parseAgeIdentities,
  parseEncryptionConfig,
  type Backup,
  type Encryption,
  type EncryptionConfig,
  type Keyring,
} from '@infrabackup/core';
import type { Shell } from '../shell.ts';
import { underHeading, type FlagValues } from './flag.ts';

/** What encrypted objects are read with. */
export const keyFlags = underHeading('Encryption flags:', {
  'encryption-config': {
    kind: 'string',
    describe:
      "A Kubernetes EncryptionConfiguration with the keys of the backup's encrypted objects; INFRABACKUP_ENCRYPTION_CONFIG names it, too",
    completes: 'file',
  },
  'age-identity': {
    kind: 'string',
    describe: 'A file with the age identity of a recipient; INFRABACKUP_AGE_IDENTITY names it, too',
    completes: 'file',
  },
});

/** What a backup is encrypted with. */
export const encryptFlags = underHeading('Encryption flags:', {
  'encryption-config': {
    kind: 'string',
    describe:
      'Encrypt by the rules of a Kubernetes EncryptionConfiguration: which types, with which key; INFRABACKUP_ENCRYPTION_CONFIG names it, too',
    completes: 'file',
  },
  'age-recipient': {
    kind: 'list',
    describe: 'Encrypt for whoever has the age identity of one of these recipients (age1...)',
  },
  'encrypt-resources': {
    kind: 'list',
    describe:
      'What to encrypt for age recipients, written as in an EncryptionConfiguration: secrets, *.apps, *.*; everything when left out',
  },
});

/** What the user can open encrypted objects with: keys, and the rules that they stand in. */
export type UserKeys = Keyring & EncryptionConfig;

/** The values of {@link keyFlags}; a caller without flags has those of the environment alone. */
export type KeyFlagValues = Partial<FlagValues<typeof keyFlags>>;

/** The keys of the flags, or else of the environment; undefined where neither names any. Throws USAGE. */
export async function readKeys(given: KeyFlagValues, shell: Shell): Promise<UserKeys | undefined> {
  const configFile = given['encryption-config'] ?? fromEnv('INFRABACKUP_ENCRYPTION_CONFIG', shell);
  const identityFile = given['age-identity'] ?? fromEnv('INFRABACKUP_AGE_IDENTITY', shell);
  if (configFile === undefined && identityFile === undefined) return undefined;
  const config = configFile === undefined ? { rules: [], keys: [] } : await readConfig(configFile, shell);
  if (identityFile === undefined) return config;
  return { ...config, identities: await parseAgeIdentities(await readKeyFile(identityFile, shell), identityFile) };
}

/** How the flags, or else the environment, want a backup encrypted; undefined: not at all. Throws USAGE. */
export async function readEncryption(
  given: FlagValues<typeof encryptFlags>,
  shell: Shell,
): Promise<Encryption | undefined> {
  const { 'age-recipient': recipients, 'encrypt-resources': resources, 'encryption-config': configFile } = given;
  if (recipients === undefined) {
    if (resources !== undefined) {
      throw new AppError(
        'USAGE',
        '--encrypt-resources is for age recipients: an EncryptionConfiguration has its own rules',
      );
    }
    const file = configFile ?? fromEnv('INFRABACKUP_ENCRYPTION_CONFIG', shell);
    return file === undefined ? undefined : encryptionBy(await readConfig(file, shell));
  }
  if (configFile !== undefined) {
    throw new AppError('USAGE', '--encryption-config and --age-recipient encrypt in two ways: give one of them');
  }
  if (recipients.length === 0) throw new AppError('USAGE', '--age-recipient names nobody');
  return await encryptionForAge(recipients, resources ?? ['*.*']);
}

/**
 * How what a restore changes is kept before: as the user's configuration says, or else as the backup is, where that was
 * made for age recipients. Else a restore would lay in clear beside the backup what lies encrypted in it.
 */
export function encryptionOfKept(keys: UserKeys | undefined, backup: Backup | undefined): Encryption | undefined {
  return keys !== undefined && keys.rules.length > 0 ? encryptionBy(keys) : backup?.lock.again;
}

async function readConfig(file: string, shell: Shell): Promise<EncryptionConfig> {
  return parseEncryptionConfig(await readKeyFile(file, shell), file);
}

async function readKeyFile(file: string, shell: Shell): Promise<string> {
  try {
    return await readFile(resolve(shell.workingFolder, file), 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', `the keys in ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function fromEnv(name: string, { env }: Shell): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
