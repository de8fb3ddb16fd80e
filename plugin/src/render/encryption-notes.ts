import { typeName, type BackupHeader, type LockedBy } from '@infrabackup/core';
import { someOf } from './backup-notes.ts';
import { formatCount } from './quantity.ts';

type Encrypted = Pick<BackupHeader, 'encryption' | 'types'>;

/** What of a backup is encrypted, and for whom: `12 objects of 2 types, with the aesgcm key "a"`. */
export function describeEncrypted({ encryption, types }: Encrypted): string {
  if (encryption === null) return 'none';
  const parts = encryption.keys.map((use) => {
    const sealed = types.filter((type) => type.count > 0 && use.types.includes(typeName(type)));
    const objects = sealed.reduce((sum, { count }) => sum + count, 0);
    const of = sealed.length === 1 ? typeName(sealed[0]!) : formatCount(sealed.length, 'type');
    const by = encryption.age === undefined ? `with the ${use.cipher} key "${use.name}"` : 'for age recipients';
    return `${formatCount(objects, 'object')} of ${of}, ${by}`;
  });
  return parts.join('; ');
}

/** The types of an encrypted backup that lie in clear, and how many objects; undefined when none does. */
export function describeInClear({ encryption, types }: Encrypted): string | undefined {
  if (encryption === null) return undefined;
  const sealed = new Set(encryption.keys.flatMap((use) => use.types));
  const clear = types.filter((type) => type.count > 0 && !sealed.has(typeName(type)));
  if (clear.length === 0) return undefined;
  const objects = clear.reduce((sum, { count }) => sum + count, 0);
  return `${formatCount(objects, 'object')} of ${formatCount(clear.length, 'type')}: ${someOf(clear.map(typeName))}`;
}

/** The key that something needs: `the aesgcm key "a"`. */
export function describeKey({ cipher, key, isForAge }: LockedBy): string {
  return isForAge ? "a recipient's age identity" : `the ${cipher} key "${key}"`;
}
