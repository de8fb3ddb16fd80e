import type { TypeName } from './resource-type.ts';

/** What names one object in a cluster or a backup. */
export interface ObjectRef {
  readonly type: TypeName;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The object as people write it: `deployments.apps/web -n shop`, `nodes/worker-1`. */
export function formatRef(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.type}/${ref.name}` : `${ref.type}/${ref.name} -n ${ref.namespace}`;
}

/** A key for maps: equal exactly when type, namespace and name are. */
export function refKey(ref: ObjectRef): string {
  return `${ref.type}/${ref.namespace ?? ''}/${ref.name}`;
}

/** The ref of a {@link refKey}. */
export function parseRefKey(key: string): ObjectRef {
  const [type = '', namespace = '', name = ''] = key.split('/');
  return { type, ...(namespace !== '' && { namespace }), name };
}

/**
 * The order of every backup: by type, then by `namespace/name`, each as UTF-8 bytes.
 *
 * It is the order in which an API server lists a type from etcd, whose keys end in `namespace/name`, so lists need no
 * sorting. Negative, zero or positive as for `Array.sort`.
 */
export function compareRefs(a: ObjectRef, b: ObjectRef): number {
  return compareUtf8(a.type, b.type) || compareUtf8(listKey(a), listKey(b));
}

function listKey(ref: ObjectRef): string {
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** Surrogates are where the order of UTF-16 units and that of UTF-8 bytes part. */
const beyondBasicPlane = /[\ud800-\udfff]/;

/** Orders two strings by their UTF-8 bytes. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  if (beyondBasicPlane.test(a) || beyondBasicPlane.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
