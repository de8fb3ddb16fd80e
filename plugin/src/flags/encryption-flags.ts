import { AppError, encryptionBy, encryptionForAge, type Encryption } from '@infrabackup/core';
import type { UserKeys } from '@infrabackup/storage';
import { userLocations } from '../open-location.ts';
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
  'allow-clear-secrets': {
    kind: 'boolean',
    describe: 'Let Secrets go in clear into a git repository, whose history keeps them also when the backup is deleted',
  },
});

/** The values of {@link keyFlags}; a caller without flags has those of the location and the environment alone. */
export type KeyFlagValues = Partial<FlagValues<typeof keyFlags>>;

/**
 * The keys to what lies in a location: of the flags, or else of its entry, or else of the environment; undefined where
 * none names any. Throws USAGE.
 */
export async function readKeys(given: KeyFlagValues, location: string, shell: Shell): Promise<UserKeys | undefined> {
  const { keyFilesOf, readUserKeys } = await import('@infrabackup/storage');
  const named = { encryptionConfig: given['encryption-config'], ageIdentity: given['age-identity'] };
  const ofLocation = await (await userLocations(shell)).encryption(location);
  return await readUserKeys(keyFilesOf(named, shell.env, ofLocation), shell.workingFolder);
}

/** How a location's own entry wants what is written there encrypted; undefined where it does not say. Throws USAGE. */
export async function encryptionThere(location: string | undefined, shell: Shell): Promise<Encryption | undefined> {
  const { encryptionOfLocation } = await import('@infrabackup/storage');
  return await encryptionOfLocation((await (await userLocations(shell)).encryption(location)) ?? {});
}

/**
 * How the flags, or else the location's entry, or else the environment, want a backup encrypted; undefined: not at all.
 * Throws USAGE.
 */
export async function readEncryption(
  given: FlagValues<typeof encryptFlags> & { readonly to?: string | undefined },
  shell: Shell,
): Promise<Encryption | undefined> {
  const { 'age-recipient': recipients, 'encrypt-resources': resources, 'encryption-config': configFile } = given;
  if (recipients !== undefined) {
    if (configFile !== undefined)
      throw new AppError('USAGE', '--encryption-config and --age-recipient encrypt in two ways: give one of them');
    if (recipients.length === 0) throw new AppError('USAGE', '--age-recipient names nobody');
    return await encryptionForAge(recipients, resources ?? ['*.*']);
  }
  const { encryptionOfLocation, keyFilesOf, readEncryptionConfig } = await import('@infrabackup/storage');
  const ofLocation = configFile === undefined ? await (await userLocations(shell)).encryption(given.to) : undefined;
  if (resources !== undefined && ofLocation?.ageRecipients === undefined) {
    throw new AppError(
      'USAGE',
      '--encrypt-resources is for age recipients: an EncryptionConfiguration has its own rules',
    );
  }
  const wanted = ofLocation && (await encryptionOfLocation({ ...ofLocation, ...(resources && { resources }) }));
  if (wanted !== undefined) return wanted;
  const { encryptionConfig: file } = keyFilesOf({ encryptionConfig: configFile }, shell.env);
  return file === undefined ? undefined : encryptionBy(await readEncryptionConfig(file, shell.workingFolder));
}
