import {
  isSealed,
  openBody,
  parseManifest,
  stringifyExactly,
  typeName,
  type EncryptionKey,
  type Keyring,
  type Manifest,
  type ObjectRef,
} from '@infrabackup/core';
import { unreadable } from './unreadable.ts';

/** One object of another tool's backup. */
export interface ForeignObject {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
  /** Its JSON on one line. */
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  /** What it lies encrypted with; absent where it lies in clear. */
  readonly key?: EncryptionKey;
}

/** Where an object lies, as its path says. */
export type ForeignPlace = Pick<ForeignObject, 'group' | 'plural' | 'namespace' | 'name'>;

/**
 * The object in a file, held against what its path says; one that is encrypted as Rancher's operator does is opened.
 *
 * Throws BACKUP_DAMAGED for what is no object, or another one; KEY_MISSING and KEY_WRONG.
 */
export function readObject(
  body: Buffer,
  place: ForeignPlace,
  archive: string,
  keyring: Keyring | undefined,
): ForeignObject {
  const { group, plural, namespace, name } = place;
  const ref = { type: typeName(place), ...(namespace !== undefined && { namespace }), name };
  const json = isSealed(body) ? openBody(body, ref, keyring?.keys ?? []) : body;
  const where = `${plural}${group === '' ? '' : `.${group}`}/${name}`;
  let parsed: unknown;
  try {
    parsed = parseManifest(json);
  } catch {
    throw unreadable(archive, `${where} is not JSON`);
  }
  const { apiVersion, kind, metadata } = (parsed ?? {}) as Readonly<Partial<Record<keyof Manifest, unknown>>>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata !== 'object' || metadata === null) {
    throw unreadable(archive, `${where} is no Kubernetes object`);
  }
  const manifest = parsed as Manifest;
  const [version = '', ofGroup = ''] = apiVersion.split('/').reverse();
  const own = manifest.metadata;
  const isOther = own.name !== name || (own.namespace ?? '') !== (namespace ?? '') || ofGroup !== group;
  if (isOther) throw unreadable(archive, `where ${where} should be lies another object`);
  // Written by hand it may stand on many lines; objects are kept on one.
  const bytes = json.includes(0x0a) ? Buffer.from(stringifyExactly(manifest)) : json;
  const key = json === body ? undefined : keyOf(body, ref, keyring);
  return {
    group,
    version,
    plural,
    name,
    bytes,
    manifest,
    ...(key !== undefined && { key }),
    ...(namespace !== undefined && { namespace }),
  };
}

/** The key that opens a body which one of them does open; undefined where its text was the object itself. */
function keyOf(body: Buffer, ref: ObjectRef, keyring: Keyring | undefined): EncryptionKey | undefined {
  const isEncrypted = Buffer.from(body.toString('latin1', 1, 17), 'base64')
    .toString('latin1')
    .startsWith('k8s:enc:');
  if (!isEncrypted) return undefined;
  return keyring?.keys.find((key) => {
    try {
      openBody(body, ref, [key]);
      return true;
    } catch {
      return false;
    }
  });
}
