import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import type { CipherName, EncryptionKey } from './encryption-key.ts';

/** One way to encrypt a value: what stands behind the prefix that names it. */
interface Cipher {
  /** In parts, one behind another. */
  encrypt(key: EncryptionKey, plain: Uint8Array, authenticated: Uint8Array): readonly Uint8Array[];
  /** Throws, with an error of no meaning, what was not encrypted so. */
  decrypt(key: EncryptionKey, payload: Uint8Array, authenticated: Uint8Array): Buffer;
}

/**
 * The bytes of each cipher as an API server writes them into etcd.
 *
 * Source: https://github.com/kubernetes/apiserver/tree/v0.36.3/pkg/storage/value/encrypt
 */
export const ciphers: Readonly<Record<CipherName, Cipher>> = {
  /** 12 bytes of nonce, the text, 16 of tag, over the authenticated data too. */
  aesgcm: {
    encrypt: ({ secret }, plain, authenticated) => {
      const nonce = freshBytes(12);
      const cipher = createCipheriv(aes('gcm', secret), secret, nonce).setAAD(authenticated);
      return [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
    },
    decrypt: ({ secret }, payload, authenticated) => {
      const textEnd = payload.length - 16;
      const decipher = createDecipheriv(aes('gcm', secret), secret, payload.subarray(0, 12), { authTagLength: 16 })
        .setAAD(authenticated)
        .setAuthTag(payload.subarray(textEnd));
      return Buffer.concat([decipher.update(payload.subarray(12, textEnd)), decipher.final()]);
    },
  },
  /** 16 bytes of IV, then the text padded as PKCS #7 says; nothing is authenticated. */
  aescbc: {
    encrypt: ({ secret }, plain) => {
      const iv = freshBytes(16);
      const cipher = createCipheriv(aes('cbc', secret), secret, iv);
      return [iv, cipher.update(plain), cipher.final()];
    },
    decrypt: ({ secret }, payload) => {
      const decipher = createDecipheriv(aes('cbc', secret), secret, payload.subarray(0, 16));
      return Buffer.concat([decipher.update(payload.subarray(16)), decipher.final()]);
    },
  },
  /** 24 bytes of nonce, then NaCl's secretbox: 16 of tag, and the text; no authenticated data beside it. */
  secretbox: {
    encrypt: ({ secret }, plain) => {
      const nonce = freshBytes(24);
      return [nonce, xsalsa20poly1305(secret.export(), nonce).encrypt(plain)];
    },
    decrypt: ({ secret }, payload) =>
      Buffer.from(xsalsa20poly1305(secret.export(), payload.subarray(0, 24)).decrypt(payload.subarray(24))),
  },
};

/** Random bytes that nobody had yet: drawn for hundreds of objects at a time, since each draw takes as long as a cipher. */
function freshBytes(length: number): Buffer {
  if (fresh.length < length) fresh = randomBytes(freshBlockBytes);
  const taken = fresh.subarray(0, length);
  fresh = fresh.subarray(length);
  return taken;
}

const freshBlockBytes = 4_096;
let fresh = Buffer.alloc(0);

function aes<Mode extends 'gcm' | 'cbc'>(
  mode: Mode,
  { symmetricKeySize = 0 }: { symmetricKeySize?: number },
): `aes-${128 | 192 | 256}-${Mode}` {
  return `aes-${(symmetricKeySize * 8) as 128 | 192 | 256}-${mode}`;
}
