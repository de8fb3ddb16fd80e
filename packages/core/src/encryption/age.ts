import { randomBytes } from 'node:crypto';
import { AppError } from '../errors/app-error.ts';
import { parseEncryptionConfig } from './encryption-config.ts';
import type { EncryptionConfig } from './encryption-config.ts';
import { encryptionBy } from './encryption.ts';
import type { Encryption } from './encryption.ts';

/** Opens what was encrypted for a recipient. The secret itself is out of reach. */
export interface AgeIdentities {
  /** The text in an armored age file; undefined when it is for none of these identities. */
  open(armored: string): Promise<string | undefined>;
}

/** What a configuration that was made for recipients is called in messages. */
const madeHere = 'the configuration for age recipients';

/**
 * Encryption for age recipients (`age1…`): by a new aesgcm key, which lies in the backup encrypted for them, as an
 * EncryptionConfiguration that `age --decrypt` gives back. `resources` are those of an EncryptionConfiguration.
 *
 * Throws USAGE for a recipient that is none, and for resources that cannot be meant.
 *
 * Source: https://age-encryption.org/v1
 */
export async function encryptionForAge(
  recipients: readonly string[],
  resources: readonly string[],
): Promise<Encryption> {
  const { Encrypter, armor } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // Its message would quote an identity that was given in place of a recipient.
      throw new AppError('USAGE', 'what was given as an age recipient is none', {
        hint: 'a recipient begins with age1; age-keygen prints it, and writes it into the file of the identity',
      });
    }
  }
  const keys = [{ name: `backup-${randomBytes(4).toString('hex')}`, secret: randomBytes(32).toString('base64') }];
  const text = `${JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources, providers: [{ aesgcm: { keys } }] }],
  })}\n`;
  const config = parseEncryptionConfig(text, madeHere);
  return encryptionBy(config, armor.encode(await encrypter.encrypt(text)));
}

/**
 * The identities in the text of a file as age-keygen writes it: one a line, comments and blank lines between them.
 * `source` is what it is called in messages. Throws USAGE for a line that is none, without quoting it.
 */
export async function parseAgeIdentities(text: string, source: string): Promise<AgeIdentities> {
  const { Decrypter, armor } = await import('age-encryption');
  const decrypter = new Decrypter();
  let found = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const identity = line.trim();
    if (identity === '' || identity.startsWith('#')) continue;
    try {
      decrypter.addIdentity(identity);
      found++;
    } catch {
      throw notIdentities(source, `line ${i + 1} is no identity`);
    }
  }
  if (found === 0) throw notIdentities(source, 'it holds none');
  return {
    open: async (armored) => {
      try {
        return await decrypter.decrypt(armor.decode(armored), 'text');
      } catch {
        return undefined;
      }
    },
  };
}

/** The configuration that an armored age file holds; undefined when it is for none of the identities. */
export async function openAgeConfig(armored: string, identities: AgeIdentities): Promise<EncryptionConfig | undefined> {
  const text = await identities.open(armored);
  return text === undefined ? undefined : parseEncryptionConfig(text, madeHere);
}

function notIdentities(source: string, problem: string): AppError {
  return new AppError('USAGE', `${source} cannot be read as a file of age identities: ${problem}`, {
    hint: 'make one with: age-keygen -o FILE; an identity begins with AGE-SECRET-KEY-',
    refs: [source],
  });
}
