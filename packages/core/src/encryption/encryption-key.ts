import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** The ciphers of an EncryptionConfiguration, and how many bytes their keys may have. */
export const cipherKeyBytes = {
  aesgcm: [16, 24, 32],
  aescbc: [16, 24, 32],
  secretbox: [32],
} as const;

/** How an object is encrypted. */
export type CipherName = keyof typeof cipherKeyBytes;

/** A key by which objects are encrypted. Neither it nor what it is made into ever shows in JSON or a log. */
export interface EncryptionKey {
  readonly cipher: CipherName;
  /** Stands beside every object that the key encrypts: readable, and what a missing key is asked for by. */
  readonly name: string;
  readonly secret: KeyObject;
}

/** A key of bytes that are the cipher's in number. */
export function encryptionKey(cipher: CipherName, name: string, bytes: Uint8Array): EncryptionKey {
  return { cipher, name, secret: createSecretKey(bytes) };
}

/**
 * Tells whether a key is the one that a backup was encrypted with, without an object to try it on: 43 characters of
 * base64url, from which nothing can be learned of a random key.
 */
export function keyCheck(key: EncryptionKey): string {
  return derive(key, 'infrabackup key check').toString('base64url');
}

/** Digests content under a key of its own, so that who has not the encryption key cannot try guesses on the digest. */
export function contentHmac(key: EncryptionKey): (content: readonly Uint8Array[]) => string {
  const derived = createSecretKey(derive(key, 'infrabackup content digest'));
  return (content) => {
    const sum = createHmac('sha256', derived);
    for (const part of content) sum.update(part);
    return sum.digest('base64url');
  };
}

/** A key for one purpose, told from those for others. Source: https://www.rfc-editor.org/rfc/rfc5869 */
function derive({ cipher, secret }: EncryptionKey, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `${purpose} ${cipher}`, 32));
}
