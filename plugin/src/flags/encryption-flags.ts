import { AppError, encryptionBy, encryptionForAge, type Encryption } from '@infrabackup/core';
import type { KeyFiles, UserKeys } from '@infrabackup/storage';
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

/** The values of {@link keyFlags}; a caller without flags has those of the environment alone. */
export type KeyFlagValues = Partial<FlagValues<typeof keyFlags>>;

/** The keys of the flags, or else of the environment; undefined where neither names any. Throws USAGE. */
export async function readKeys(given: KeyFlagValues, shell: Shell): Promise<UserKeys | undefined> {
  const { readUserKeys } = await import('@infrabackup/storage');
  return await readUserKeys(await keyFiles(given, shell), shell.workingFolder);
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
    const { readEncryptionConfig } = await import('@infrabackup/storage');
    const { encryptionConfig: file } = await keyFiles(given, shell);
    return file === undefined ? undefined : encryptionBy(await readEncryptionConfig(file, shell.workingFolder));
  }
  if (configFile !== undefined) {
    throw new AppError('USAGE', '--encryption-config and --age-recipient encrypt in two ways: give one of them');
  }
  if (recipients.length === 0) throw new AppError('USAGE', '--age-recipient names nobody');
  return await encryptionForAge(recipients, resources ?? ['*.*']);
}

async function keyFiles(given: KeyFlagValues, { env }: Shell): Promise<KeyFiles> {
  const { keyFilesOf } = await import('@infrabackup/storage');
  return keyFilesOf({ encryptionConfig: given['encryption-config'], ageIdentity: given['age-identity'] }, env);
}
