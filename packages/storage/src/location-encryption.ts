import { isAbsolute } from 'node:path';
import { AppError, encryptionBy, encryptionForAge } from '@infrabackup/core';
import type { Encryption } from '@infrabackup/core';
import { readEncryptionConfig, readUserKeys } from './user-keys.ts';
import type { KeyFiles } from './user-keys.ts';

/** How backups in a location are encrypted and read where no flag says it. */
export interface LocationEncryption {
  /** The absolute path of a Kubernetes EncryptionConfiguration, which writes and reads. */
  readonly config?: string;
  /** Whom backups are encrypted for; never beside `config`. */
  readonly ageRecipients?: readonly string[];
  /** What is encrypted for them, as in an EncryptionConfiguration; absent: everything. */
  readonly resources?: readonly string[];
  /** The absolute path of a file with the age identity of a recipient, which reads. */
  readonly ageIdentity?: string;
}

const takes = {
  config: 'the absolute path of an EncryptionConfiguration',
  ageRecipients: 'a list of recipients (age1...)',
  resources: 'a list of what is encrypted for them (secrets, *.apps)',
  ageIdentity: 'the absolute path of a file with an age identity',
} as const;

/**
 * What stands under `encryption` in a location's entry; undefined where nothing does. `where` is what it is called in
 * messages. Throws USAGE for fields that nobody knows, naming those that there are, and for values that are none.
 */
export function parseLocationEncryption(value: unknown, where: string): LocationEncryption | undefined {
  if (value === undefined || value === null) return undefined;
  const known = Object.entries(takes).map(([name, what]) => `${name}: ${what}`);
  const hint = `what it may have: ${known.join('; ')}`;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new AppError('USAGE', `${where} is not a mapping`, { hint });
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(takes, name));
  if (unknown.length > 0) throw new AppError('USAGE', `${where} has no ${unknown.join(', ')}`, { hint });
  for (const [name, field] of Object.entries(value)) {
    const isList = name === 'ageRecipients' || name === 'resources';
    // Without the value, which may be a key that somebody put in place of its file.
    if (!(isList ? isListOfTexts(field) : typeof field === 'string' && isAbsolute(field)))
      throw new AppError('USAGE', `${where}.${name} is not ${takes[name as keyof typeof takes]}`);
  }
  const encryption = value as LocationEncryption;
  if (encryption.config !== undefined && encryption.ageRecipients !== undefined)
    throw new AppError('USAGE', `${where} encrypts in two ways: leave config or ageRecipients out`);
  if (encryption.resources !== undefined && encryption.ageRecipients === undefined)
    throw new AppError(
      'USAGE',
      `${where}.resources is for ageRecipients: an EncryptionConfiguration has its own rules`,
    );
  return encryption;
}

/**
 * The files that are named, or else those of the location, or else those that INFRABACKUP_ENCRYPTION_CONFIG and
 * INFRABACKUP_AGE_IDENTITY name.
 */
export function keyFilesOf(
  named: KeyFiles,
  env: Readonly<Record<string, string | undefined>>,
  ofLocation: LocationEncryption = {},
): KeyFiles {
  return {
    encryptionConfig:
      named.encryptionConfig ?? ofLocation.config ?? (env['INFRABACKUP_ENCRYPTION_CONFIG'] || undefined),
    ageIdentity: named.ageIdentity ?? ofLocation.ageIdentity ?? (env['INFRABACKUP_AGE_IDENTITY'] || undefined),
  };
}

/**
 * How a location wants its backups encrypted; undefined where it does not say. Throws USAGE for a configuration that
 * cannot be read, and for recipients that are none.
 */
export async function encryptionOfLocation({
  config,
  ageRecipients,
  resources,
}: LocationEncryption): Promise<Encryption | undefined> {
  if (ageRecipients !== undefined) return await encryptionForAge(ageRecipients, resources ?? ['*.*']);
  return config === undefined ? undefined : encryptionBy(await readEncryptionConfig(config, '/'));
}

/** Throws USAGE unless everything that is named is there and can be used. */
export async function checkLocationEncryption(encryption: LocationEncryption): Promise<void> {
  await encryptionOfLocation(encryption);
  await readUserKeys({ ageIdentity: encryption.ageIdentity }, '/');
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string' && text !== '');
}
