import type { ClusterReader, Discovery } from '../../cluster/reader.ts';
import { listAnew } from '../../cluster/list-anew.ts';
import { concurrently } from '../../concurrently.ts';
import { isAppError } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { parseManifest } from '../../object/parse-manifest.ts';
import { refKey, type ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import { neverRestoredBy } from '../never-restored.ts';

/** What looking into a namespace or definition needs. */
export interface InhabitantsInput {
  readonly reader: ClusterReader;
  readonly discovery: Discovery;
  /** What the restore has written: `refKey` to uid. */
  readonly written: ReadonlyMap<string, string>;
  readonly signal: AbortSignal | undefined;
}

const typesAtOnce = 8;
/** Enough to show a person what is at stake. */
const shownAtMost = 5;

/**
 * What a namespace or definition holds that neither the restore put there nor a controller made of that: the first few.
 * Empty for everything else, which holds nothing. What may not be listed counts as empty: deleting it is refused anyway.
 */
export async function readInhabitants(ref: ObjectRef, input: InhabitantsInput): Promise<readonly ObjectRef[]> {
  const { discovery } = input;
  const listable = discovery.types.filter(({ verbs }) => verbs.includes('list'));
  if (ref.type === 'namespaces') {
    return await findOthers(
      listable.filter(({ namespaced }) => namespaced),
      ref.name,
      input,
    );
  }
  if (ref.type === 'customresourcedefinitions.apiextensions.k8s.io') {
    return await findOthers(
      listable.filter((type) => typeName(type) === ref.name),
      undefined,
      input,
    );
  }
  return [];
}

async function findOthers(
  types: readonly ResourceType[],
  namespace: string | undefined,
  input: InhabitantsInput,
): Promise<readonly ObjectRef[]> {
  const others: ObjectRef[] = [];
  const uids = new Set(input.written.values());
  await concurrently(
    types,
    typesAtOnce,
    async (type, inner) => {
      if (others.length >= shownAtMost) return;
      try {
        others.push(...(await listAnew(() => othersOfType(type, namespace, uids, { ...input, signal: inner }))));
      } catch (error) {
        if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
      }
    },
    input.signal,
  );
  return others.slice(0, shownAtMost);
}

async function othersOfType(
  type: ResourceType,
  namespace: string | undefined,
  uids: ReadonlySet<string>,
  { reader, written, signal }: InhabitantsInput,
): Promise<readonly ObjectRef[]> {
  const others: ObjectRef[] = [];
  for await (const { objects } of reader.list({ type, namespace, signal })) {
    for (const object of objects) {
      if (others.length >= shownAtMost) return others;
      const ref: ObjectRef = { type: typeName(type), namespace: object.namespace, name: object.name };
      if (written.get(refKey(ref)) === object.uid) continue;
      if (isOthers(ref, parseManifest(object.bytes), uids)) others.push(ref);
    }
  }
  return others;
}

/** Whether somebody would miss it. */
function isOthers(ref: ObjectRef, manifest: Manifest, written: ReadonlySet<string>): boolean {
  const owners = manifest.metadata.ownerReferences ?? [];
  if (owners.some(({ uid, controller }) => controller === true || written.has(uid))) return false;
  // Made by a controller for every namespace, and made again as soon as it is deleted.
  if (ref.type === 'serviceaccounts' && ref.name === 'default') return false;
  const context = { controller: 'absent', isBeside: () => true, isInCluster: () => true } as const;
  return neverRestoredBy(ref.type, manifest, context) === undefined;
}
