import type { RawObject } from '../object/raw-object.ts';
import { contentParts } from '../object/content-digest.ts';
import { compareUtf8 } from '../object/ref.ts';
import type { ObjectRef } from '../object/ref.ts';
import type { TypeName } from '../object/resource-type.ts';
import { keyForType } from './encryption-config.ts';
import type { EncryptionConfig } from './encryption-config.ts';
import { contentHmac, keyCheck } from './encryption-key.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { sealBody } from './sealed-body.ts';

/** How a backup is encrypted while it is written. */
export interface Encryption {
  /** How objects of the type are sealed; undefined: they lie in clear. */
  sealerOf(type: TypeName): Sealer | undefined;
  /** The configuration itself, encrypted for whoever age recipients are: kept in the backup. Absent for a user's file. */
  readonly age?: string | undefined;
}

/** Seals objects with one key. */
export interface Sealer {
  readonly key: EncryptionKey;
  /** The body that lies in the archive in place of the object's JSON. */
  seal(json: Buffer, ref: ObjectRef): Buffer;
  /** The content digest under the key: equal for equal content, and a riddle to who has not the key. */
  contentDigest(object: Pick<RawObject, 'bytes' | 'contentCuts'>): string;
}

/** How a backup keeps what its encryption was: in its summary, and in the archive's header. */
export interface BackupEncryption {
  /** The keys that objects are encrypted with. Objects of types that none of them names lie in clear. */
  readonly keys: readonly KeyUse[];
  /** An age file, armored: the EncryptionConfiguration with the keys, encrypted for recipients. */
  readonly age?: string;
}

/** What one key encrypts. */
export interface KeyUse {
  readonly name: string;
  /** As in an EncryptionConfiguration; a later version may know others. */
  readonly cipher: string;
  /** Tells whether a key of that name is this one: see `keyCheck`. */
  readonly check: string;
  /** Sorted by name. */
  readonly types: readonly TypeName[];
}

/** Encryption by a configuration, of which `age` is a copy for recipients. */
export function encryptionBy(config: EncryptionConfig, age?: string): Encryption {
  const sealers = new Map<EncryptionKey, Sealer>();
  return {
    sealerOf: (type) => {
      const key = keyForType(config, type);
      if (key === undefined) return undefined;
      const sealer = sealers.get(key) ?? sealerBy(key);
      sealers.set(key, sealer);
      return sealer;
    },
    ...(age !== undefined && { age }),
  };
}

/** A sealer by that key. */
export function sealerBy(key: EncryptionKey): Sealer {
  const digest = contentHmac(key);
  return {
    key,
    seal: (json, ref) => sealBody(json, ref, key),
    contentDigest: (object) => digest(contentParts(object)),
  };
}

/** What a backup keeps of its encryption; null when everything lies in clear. Types without an object are left out. */
export function describeEncryption(
  encryption: Encryption | undefined,
  types: readonly { readonly name: TypeName; readonly count: number }[],
): BackupEncryption | null {
  const stored = types
    .filter(({ count }) => count > 0)
    .flatMap(({ name }) => {
      const key = encryption?.sealerOf(name)?.key;
      return key === undefined ? [] : [{ name, key }];
    })
    .sort((a, b) => compareUtf8(a.name, b.name));
  if (encryption === undefined || stored.length === 0) return null;
  const keys = [...Map.groupBy(stored, ({ key }) => key)].map(([key, uses]) => ({
    name: key.name,
    cipher: key.cipher,
    check: keyCheck(key),
    types: uses.map(({ name }) => name),
  }));
  return { keys, ...(encryption.age !== undefined && { age: encryption.age }) };
}
