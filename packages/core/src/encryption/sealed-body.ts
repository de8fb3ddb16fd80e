import { AppError } from '../errors/app-error.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import { ciphers } from './cipher.ts';
import { cipherKeyBytes } from './encryption-key.ts';
import type { CipherName, EncryptionKey } from './encryption-key.ts';

/** What says that a value is encrypted, and by what. */
const prefix = /^k8s:enc:([^:]*:[^:]*):/;
/** What a JSON string begins and ends with. */
const quote = 0x22;
/** Longer than any name of a key, and short enough to look for one in. */
const prefixLimitBytes = 1024;

/**
 * An object's JSON as it lies encrypted in an archive: one JSON string, the base64 of what an API server would write into
 * etcd, as Rancher's backup operator stores it too. Bound to the object's name and namespace where the cipher can.
 *
 * Source: https://github.com/rancher/backup-restore-operator/blob/v8.1.0/pkg/resourcesets/collector.go
 */
export function sealBody(json: Uint8Array, ref: ObjectRef, key: EncryptionKey): Buffer {
  const head = Buffer.from(`k8s:enc:${key.cipher}:v1:${key.name}:`);
  const value = Buffer.concat([head, ...ciphers[key.cipher].encrypt(key, json, authenticatedData(ref))]);
  const text = value.toString('base64');
  // Half the time of a string with its quotes in UTF-8.
  const body = Buffer.allocUnsafe(text.length + 2);
  body[0] = body[body.length - 1] = quote;
  body.write(text, 1, 'latin1');
  return body;
}

/** Whether a body is a JSON string, as that of an encrypted object, and not an object. */
export function isSealed(body: Uint8Array): boolean {
  return body[0] === quote;
}

/**
 * The object's JSON out of a body of {@link sealBody}. As an API server does, it tries every key of that name and cipher.
 *
 * A body that is no string is returned as it is, and so is one whose string is the object itself: older releases of
 * Rancher's operator store those that no rule matches so. Throws KEY_MISSING when no key of that name is there,
 * KEY_WRONG when none of them opens it.
 */
export function openBody(body: Buffer, ref: ObjectRef, keys: readonly EncryptionKey[]): Buffer {
  if (!isSealed(body)) return body;
  const value = Buffer.from(body.toString('latin1', 1, body.length - 1), 'base64');
  const head = value.toString('latin1', 0, Math.min(value.length, prefixLimitBytes));
  if (!head.startsWith('k8s:enc:')) return value;
  const scheme = prefix.exec(head)?.[1] ?? 'something unknown';
  const [cipher = ''] = scheme.split(':');
  if (!isCipher(cipher) || scheme !== `${cipher}:v1`) {
    throw new AppError(
      'BACKUP_FORMAT',
      `${formatRef(ref)} is encrypted with ${scheme}, which this version does not open`,
      {
        refs: [formatRef(ref)],
      },
    );
  }
  const named = Buffer.from(value.subarray(`k8s:enc:${cipher}:v1:`.length));
  const candidates = keys.filter((key) => key.cipher === cipher && startsWith(named, `${key.name}:`));
  for (const key of candidates) {
    try {
      const payload = named.subarray(Buffer.byteLength(key.name) + 1);
      return ciphers[cipher].decrypt(key, payload, authenticatedData(ref));
    } catch {
      // Another key of that name may be the one; what a cipher says of a wrong key says nothing to a person.
    }
  }
  const name = candidates[0]?.name ?? named.toString('utf8', 0, Math.max(named.indexOf(':'), 0));
  throw keyError(candidates.length > 0 ? 'wrong' : 'missing', formatRef(ref), { cipher, name });
}

/** Why something stays closed. `what` is what needs the key. */
export function keyError(
  why: 'missing' | 'wrong',
  what: string,
  { cipher, name }: { readonly cipher: string; readonly name: string },
): AppError {
  const key = `the ${cipher} key ${JSON.stringify(name)}`;
  return why === 'missing'
    ? new AppError('KEY_MISSING', `${what} is encrypted with ${key}, and no key of that name was given`, {
        hint: 'give the file that holds it: --encryption-config FILE',
        refs: [what],
      })
    : new AppError('KEY_WRONG', `${what} is encrypted with ${key}, and the key given by that name is another one`, {
        hint: 'give the file that holds the one it was encrypted with: --encryption-config FILE',
        refs: [what],
      });
}

/** What an API server binds a value to; here it is the name, since Rancher's operator knows no more of the object. */
function authenticatedData({ namespace, name }: ObjectRef): Buffer {
  return Buffer.from(namespace === undefined ? name : `${namespace}#${name}`);
}

function isCipher(name: string): name is CipherName {
  return Object.hasOwn(cipherKeyBytes, name);
}

function startsWith(bytes: Buffer, text: string): boolean {
  const start = Buffer.from(text);
  return bytes.subarray(0, start.length).equals(start);
}
