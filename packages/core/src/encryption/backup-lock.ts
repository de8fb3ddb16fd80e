import { AppError } from '../errors/app-error.ts';
import type { RawObject } from '../object/raw-object.ts';
import { formatRef } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import { openAgeConfig } from './age.ts';
import type { AgeIdentities } from './age.ts';
import { encryptionBy, sealerBy } from './encryption.ts';
import type { BackupEncryption, Encryption, KeyUse, Sealer } from './encryption.ts';
import { keyCheck } from './encryption-key.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { isSealed, keyError, openBody } from './sealed-body.ts';

/** What a reader has to open encrypted objects with. */
export interface Keyring {
  readonly keys: readonly EncryptionKey[];
  readonly identities?: AgeIdentities | undefined;
}

/** What keeps objects closed. */
export interface LockedBy {
  /** The key that is needed. */
  readonly cipher: string;
  readonly key: string;
  /** No key of that name was given, or another one by its name; for age, no identity, or none of a recipient. */
  readonly why: 'missing' | 'wrong';
  /** Whether the key lies in the backup itself, encrypted for age recipients. */
  readonly isForAge: boolean;
}

/** The encryption of a backup, with the keys that a reader has for it. */
export interface BackupLock {
  isEncrypted(type: TypeName): boolean;
  /** What keeps the type's objects closed; undefined when they can be read. */
  lockedBy(type: TypeName): LockedBy | undefined;
  /**
   * The object's JSON out of its body in the archive. Throws KEY_MISSING, KEY_WRONG, and BACKUP_DAMAGED when its right
   * key does not open it.
   */
  open(ref: ObjectRef, body: Buffer): Buffer;
  /** The content digest as the backup keeps it for the type; undefined for a type that is locked. */
  contentDigest(type: TypeName, object: Pick<RawObject, 'bytes' | 'contentCuts'>): string | undefined;
  /** How another backup is encrypted in the same way; undefined without the key that lies in the backup, or without encryption. */
  readonly again: Encryption | undefined;
}

/** Tries the keys on a backup. Never throws for want of one: what stays closed says so when it is read. */
export async function openLock(encryption: BackupEncryption | null, keyring: Keyring | undefined): Promise<BackupLock> {
  const age = encryption?.age;
  const inside = age !== undefined && keyring?.identities && (await openAgeConfig(age, keyring.identities));
  const given = [...(keyring?.keys ?? []), ...((inside || undefined)?.keys ?? [])];
  const uses = new Map<TypeName, { readonly use: KeyUse; readonly sealer: Sealer | undefined }>();
  for (const use of encryption?.keys ?? []) {
    const key = given.find((candidate) => isKeyOf(candidate, use));
    const sealer = key && sealerBy(key);
    for (const type of use.types) uses.set(type, { use, sealer });
  }
  const lockedBy = (type: TypeName): LockedBy | undefined => {
    const found = uses.get(type);
    if (found === undefined || found.sealer !== undefined) return undefined;
    const { cipher, name } = found.use;
    const isTried =
      age === undefined ? given.some((key) => key.name === name && key.cipher === cipher) : keyring?.identities;
    return { cipher, key: name, why: isTried ? 'wrong' : 'missing', isForAge: age !== undefined };
  };
  return {
    isEncrypted: (type) => uses.has(type),
    lockedBy,
    open: (ref, body) => {
      const locked = lockedBy(ref.type);
      if (locked !== undefined) throw lockedError(formatRef(ref), locked);
      const sealer = uses.get(ref.type)?.sealer;
      if (sealer === undefined) return body;
      try {
        if (isSealed(body)) return openBody(body, ref, [sealer.key]);
      } catch (cause) {
        throw notItsOwn(ref, cause);
      }
      throw notItsOwn(ref);
    },
    contentDigest: (type, object) => uses.get(type)?.sealer?.contentDigest(object),
    again: inside ? encryptionBy(inside, age) : undefined,
  };
}

/** The error for what cannot be read without a key that is not there. */
export function lockedError(what: string, { cipher, key, why, isForAge }: LockedBy): AppError {
  if (!isForAge) return keyError(why, what, { cipher, name: key });
  return why === 'missing'
    ? new AppError('KEY_MISSING', `${what} is encrypted for age recipients, and no identity was given`, {
        hint: "give the file with a recipient's identity: --age-identity FILE",
        refs: [what],
      })
    : new AppError('KEY_WRONG', `${what} is encrypted for age recipients, of which no identity given is one`, {
        hint: "give the file with a recipient's identity: --age-identity FILE",
        refs: [what],
      });
}

function isKeyOf(key: EncryptionKey, { name, cipher, check }: KeyUse): boolean {
  return key.name === name && key.cipher === cipher && keyCheck(key) === check;
}

function notItsOwn(ref: ObjectRef, cause?: unknown): AppError {
  return new AppError(
    'BACKUP_DAMAGED',
    `${formatRef(ref)} is not what was encrypted under its name: its key does not open it`,
    {
      hint: 'see what else is damaged: kubectl infrabackup verify',
      refs: [formatRef(ref)],
      cause,
    },
  );
}
