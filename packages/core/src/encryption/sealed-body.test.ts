import { describe, expect, it } from 'vitest';
import type { ObjectRef } from '../object/ref.ts';
import { contentHmac, encryptionKey, keyCheck } from './encryption-key.ts';
import type { CipherName } from './encryption-key.ts';
import { isSealed, openBody, sealBody } from './sealed-body.ts';

const keyBytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const otherBytes = Buffer.alloc(32, 7);
const ref: ObjectRef = { type: 'secrets', namespace: 'cattle-system', name: 'my-secret' };
const plain = Buffer.from('{"apiVersion":"v1","kind":"Secret"}');

/** What the packages of k8s.io/apiserver made of `plain`, with that key under the name `key1`, bound to the name. */
const vectors: readonly (readonly [CipherName, string])[] = [
  [
    'aesgcm',
    'azhzOmVuYzphZXNnY206djE6a2V5MToHQFlO+7Ak5j1TidWkJFmWuP4CJ0Hp+be+ugBKYMYEXdhUcnATDaUMqPzZah2lahIJMc1TtH8i5QV+rw+dOO8=',
  ],
  [
    'aescbc',
    'azhzOmVuYzphZXNjYmM6djE6a2V5MToytI0quGO84Wa3lwfRCpljkEKyg90QgYh9iyyfbOsYxzJDOLZ2PblTNpjYhKyx3l99o+rW52iwS6HJq9DYHnJT',
  ],
  [
    'secretbox',
    'azhzOmVuYzpzZWNyZXRib3g6djE6a2V5MTqQN/clRWdQS/HbXHZiYvX401OmURdOIQag3U2p55ziYhdaJQ9TV/M+wqUd3WD9BZhIiMzxYLJX0XVEIQ6nn27NKBG/EdAcpuzgJ1c=',
  ],
];

const ciphers = vectors.map(([cipher]) => cipher);

describe('encrypted bodies', () => {
  it.each(vectors)('opens what an API server encrypted with %s', (cipher, value) => {
    expect(openBody(Buffer.from(`"${value}"`), ref, [encryptionKey(cipher, 'key1', keyBytes)])).toEqual(plain);
  });

  it.each(ciphers)('never takes the same random bytes for two objects: %s', (cipher) => {
    const key = encryptionKey(cipher, 'key1', keyBytes);
    const bodies = Array.from({ length: 2_000 }, () => sealBody(plain, ref, key).toString());
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  it.each(ciphers)('opens what it sealed with %s, and seals the same never the same way', (cipher) => {
    const key = encryptionKey(cipher, 'key1', keyBytes);
    const bodies = [plain, plain, Buffer.from('{}'), Buffer.alloc(1 << 20, 'x')].map(
      (json) => [json, sealBody(json, ref, key)] as const,
    );
    for (const [json, body] of bodies) {
      expect(isSealed(body)).toBe(true);
      expect(body.includes('my-secret')).toBe(false);
      expect(openBody(body, ref, [key]).equals(json)).toBe(true);
      expect(Buffer.from(JSON.parse(body.toString()) as string, 'base64').toString('latin1')).toMatch(
        new RegExp(`^k8s:enc:${cipher}:v1:key1:`),
      );
    }
    expect(bodies[0]![1].equals(bodies[1]![1])).toBe(false);
  });

  it.each(['aesgcm', 'aescbc'] as const)('takes keys of 16 and 24 bytes for %s', (cipher) => {
    for (const length of [16, 24]) {
      const key = encryptionKey(cipher, 'k', keyBytes.subarray(0, length));
      expect(openBody(sealBody(plain, ref, key), ref, [key])).toEqual(plain);
    }
  });

  it.each(ciphers)('names the key of %s that is missing, or is another one', (cipher) => {
    const body = sealBody(plain, ref, encryptionKey(cipher, 'key1', keyBytes));
    const others = ciphers.filter((other) => other !== cipher).map((other) => encryptionKey(other, 'key1', keyBytes));
    expect(() => openBody(body, ref, [...others, encryptionKey(cipher, 'key', keyBytes)])).toThrow(
      expect.objectContaining({
        code: 'KEY_MISSING',
        message: expect.stringContaining(`the ${cipher} key "key1"`) as string,
      }),
    );
    if (cipher === 'aescbc') return;
    expect(() => openBody(body, ref, [encryptionKey(cipher, 'key1', otherBytes)])).toThrow(
      expect.objectContaining({
        code: 'KEY_WRONG',
        message: expect.stringContaining('secrets/my-secret -n cattle-system') as string,
      }),
    );
  });

  it('tries every key of the name, as a rotation under one name leaves them', () => {
    const [old, fresh] = [otherBytes, keyBytes].map((bytes) => encryptionKey('aesgcm', 'key1', bytes));
    expect(openBody(sealBody(plain, ref, old!), ref, [fresh!, old!])).toEqual(plain);
  });

  it('takes a name of a key with colons in it', () => {
    const keys = ['a', 'a:b'].map((name, i) => encryptionKey('aesgcm', name, Buffer.alloc(32, i)));
    expect(openBody(sealBody(plain, ref, keys[1]!), ref, keys)).toEqual(plain);
    expect(openBody(sealBody(plain, ref, keys[0]!), ref, keys)).toEqual(plain);
  });

  it('does not take one object for another with aesgcm', () => {
    const key = encryptionKey('aesgcm', 'key1', keyBytes);
    const body = sealBody(plain, ref, key);
    for (const other of [
      { ...ref, name: 'other' },
      { ...ref, namespace: undefined },
    ]) {
      expect(() => openBody(body, other, [key])).toThrow(expect.objectContaining({ code: 'KEY_WRONG' }));
    }
  });

  it.each(['aesgcm', 'secretbox'] as const)('finds every changed or missing byte of %s', (cipher) => {
    const key = encryptionKey(cipher, 'key1', keyBytes);
    const value = Buffer.from(JSON.parse(sealBody(plain, ref, key).toString()) as string, 'base64');
    const headBytes = `k8s:enc:${cipher}:v1:key1:`.length;
    for (let at = headBytes; at < value.length; at++) {
      const changed = Buffer.from(value);
      changed[at]! ^= 1;
      for (const bytes of [changed, value.subarray(0, at)]) {
        const body = Buffer.from(`"${bytes.toString('base64')}"`);
        expect(() => openBody(body, ref, [key])).toThrow(expect.objectContaining({ code: 'KEY_WRONG' }));
      }
    }
  });

  it('lets through what is in clear, also as older releases of Rancher wrapped it', () => {
    expect(openBody(plain, ref, [])).toBe(plain);
    expect(openBody(Buffer.from(`"${plain.toString('base64')}"`), ref, [])).toEqual(plain);
  });

  it('says what it cannot open at all', () => {
    for (const value of ['k8s:enc:kms:v2:x:y', 'k8s:enc:aesgcm:v2:key1:x', 'k8s:enc:']) {
      const body = Buffer.from(`"${Buffer.from(value).toString('base64')}"`);
      expect(() => openBody(body, ref, [])).toThrow(expect.objectContaining({ code: 'BACKUP_FORMAT' }));
    }
  });
});

describe('what is made from a key', () => {
  const key = encryptionKey('aesgcm', 'a', keyBytes);
  it('is the same for the same key, whatever its name, and another for each purpose, cipher and key', () => {
    const made = [key, encryptionKey('aescbc', 'a', keyBytes), encryptionKey('aesgcm', 'a', otherBytes)].flatMap(
      (k) => [keyCheck(k), contentHmac(k)([plain])],
    );
    expect(new Set(made).size).toBe(6);
    expect(made.every((text) => /^[\w-]{43}$/.test(text))).toBe(true);
    expect(keyCheck({ ...key, name: 'b' })).toBe(keyCheck(key));
    expect(contentHmac(key)([plain.subarray(0, 5), plain.subarray(5)])).toBe(contentHmac(key)([plain]));
  });
});
