import type { IndexEntry } from '../../archive/index-entry.ts';
import type { Backup } from '../../archive/open-backup.ts';
import type { Spool } from '../../archive/spool.ts';
import type { ClusterReader, ListBatch } from '../../cluster/reader.ts';
import { listAnew } from '../../cluster/list-anew.ts';
import { concurrently } from '../../concurrently.ts';
import { isAppError } from '../../errors/app-error.ts';
import { contentDigest } from '../../object/content-digest.ts';
import type { Manifest } from '../../object/manifest.ts';
import { rawObject } from '../../object/object-scanner.ts';
import { stringifyExactly } from '../../object/parse-manifest.ts';
import type { RawObject } from '../../object/raw-object.ts';
import { compareRefs, compareUtf8, type ObjectRef } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import { contentTableVersion } from '../../object/server-owned-members.ts';
import { mapNamespace, mapRef, type NamespaceMapping } from '../map-namespaces.ts';
import { neverRestoredBy } from '../never-restored.ts';
import type { PlanWarning } from '../restore-plan.ts';
import { joinLive, UnorderedList, type TargetEntry } from './join-live.ts';
import type { TypeScope } from './restore-scope.ts';
import { listedType, type TypeTarget } from './type-target.ts';

/** Where the bytes of a live object are kept until they are needed. */
export interface KeptObject {
  readonly offset: number;
  readonly length: number;
}

/** An object of the backup that is not live, or not known to be the same. */
export interface Difference {
  readonly entry: IndexEntry;
  readonly target: ObjectRef;
  readonly live: KeptObject | undefined;
  /** The live object's content digest, where the index has none to hold it against. */
  readonly liveDigest: string | undefined;
  /** Why the live object could not be read, so that nothing can be said. */
  readonly unreadable: string | undefined;
}

/** A live object that the backup's selection covers and the backup does not have. */
export interface ExtraObject {
  readonly ref: ObjectRef;
  readonly live: KeptObject;
}

/** One type of the backup, held against what is live. Each list is in the order of backups. */
export interface ComparedType {
  readonly scope: TypeScope;
  readonly target: TypeTarget;
  readonly unchanged: readonly ObjectRef[];
  readonly differences: readonly Difference[];
  readonly extras: readonly ExtraObject[];
  readonly warnings: readonly PlanWarning[];
}

/** What comparing is done with. */
export interface CompareLiveInput {
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly spool: Spool;
  readonly mapping: NamespaceMapping;
  /** Whether an object with the backup's content may still have to change: it is renamed, modified, or its status counts. */
  readonly contentIsNotAll: boolean;
  readonly signal: AbortSignal | undefined;
}

/** As many objects as this are got one by one rather than found in a list. */
const getUpTo = 16;
const requestsAtOnce = 16;

/** Holds one type of the backup against its live objects, by content digests: nothing is parsed that is the same. */
export async function compareLive(
  scope: TypeScope,
  target: TypeTarget,
  input: CompareLiveInput,
): Promise<ComparedType> {
  const type = listedType(target);
  if (type === undefined) return await compareNothing(scope, target, input);
  const few = scope.named ? await firstEntries(scope, target, input) : undefined;
  if (few !== undefined && few.length <= getUpTo) return await compareOneByOne(scope, target, type, input, undefined);
  const namespaces = scope.query.namespaces;
  try {
    return await listAnew(() => compareLists(scope, target, type, input, liveBatches(type, namespaces, input)));
  } catch (error) {
    if (error instanceof UnorderedList) {
      const batch = await listAnew(() => sortedBatch(type, namespaces, input));
      return await compareLists(scope, target, type, input, batch);
    }
    if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
    if (!type.namespaced || namespaces !== undefined)
      return await compareOneByOne(scope, target, type, input, error.message);
    return await compareInNamespaces(scope, target, type, input, error.message);
  }
}

/** A user of some namespaces may list there what may not be listed everywhere. */
async function compareInNamespaces(
  scope: TypeScope,
  target: TypeTarget,
  type: ResourceType,
  input: CompareLiveInput,
  message: string,
): Promise<ComparedType> {
  const namespaces = Object.keys(scope.type.namespaces);
  try {
    const compared = await listAnew(() =>
      compareLists(scope, target, type, input, liveBatches(type, namespaces, input)),
    );
    return { ...compared, warnings: [...compared.warnings, unlisted(type, message)] };
  } catch (error) {
    if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
    return await compareOneByOne(scope, target, type, input, error.message);
  }
}

function unlisted(type: ResourceType, message: string): PlanWarning {
  return { kind: 'unlisted', type: typeName(type), namespace: undefined, message };
}

async function compareLists(
  scope: TypeScope,
  target: TypeTarget,
  type: ResourceType,
  input: CompareLiveInput,
  batches: AsyncIterable<ListBatch>,
): Promise<ComparedType> {
  const name = typeName(type);
  const unchanged: ObjectRef[] = [];
  const differences: Difference[] = [];
  const extras: ExtraObject[] = [];
  const entries = await targetEntries(scope, target, input);
  for await (const { ref, backup, live } of joinLive(name, entries, batches)) {
    if (backup === undefined) {
      if (isExtra(scope, ref, live!)) extras.push({ ref, live: await keep(live!, input.spool) });
      continue;
    }
    const { entry } = backup;
    if (live === undefined) {
      differences.push({ entry, target: ref, live: undefined, liveDigest: undefined, unreadable: undefined });
      continue;
    }
    const digest = input.contentIsNotAll || !isComparable(input.backup) ? undefined : contentDigest(live);
    if (digest !== undefined && digest === entry.content && !isTerminating(live)) {
      unchanged.push(ref);
      continue;
    }
    const liveDigest = entry.content === undefined && !isTerminating(live) ? digest : undefined;
    differences.push({ entry, target: ref, live: await keep(live, input.spool), liveDigest, unreadable: undefined });
  }
  return { scope, target, unchanged, differences, extras, warnings: [] };
}

/** Inside a text the quotes would be escaped. */
function isTerminating({ bytes }: RawObject): boolean {
  return bytes.includes('"deletionTimestamp":"');
}

function isComparable({ header }: Backup): boolean {
  return header.contentTable === contentTableVersion;
}

/** What the table would not let be restored is not missing from a backup either. */
function isExtra(scope: TypeScope, ref: ObjectRef, live: RawObject): boolean {
  if (scope.mayBeExtra?.(live) !== true) return false;
  const manifest = JSON.parse(live.bytes.toString()) as Manifest;
  const isControlled = manifest.metadata.ownerReferences?.some((owner) => owner.controller === true) === true;
  const controller = isControlled ? 'live' : 'absent';
  const context = { controller, isBeside: () => true, isInCluster: () => true } as const;
  return neverRestoredBy(ref.type, manifest, context) === undefined;
}

async function keep(live: RawObject, spool: Spool): Promise<KeptObject> {
  const bytes = Buffer.from(live.bytes);
  return { offset: await spool.append(bytes), length: bytes.length };
}

/** The entries that are meant, with where they go, in the order of where they go. */
async function targetEntries(
  scope: TypeScope,
  target: TypeTarget,
  input: CompareLiveInput,
): Promise<AsyncIterable<TargetEntry> | readonly TargetEntry[]> {
  const all = selectedEntries(scope, target, input);
  if (Object.keys(input.mapping).length === 0) return all;
  return (await Array.fromAsync(all)).sort((a, b) => compareRefs(a.target, b.target));
}

async function* selectedEntries(
  scope: TypeScope,
  target: TypeTarget,
  input: CompareLiveInput,
): AsyncGenerator<TargetEntry> {
  const { backup, mapping } = input;
  const name = target.kind === 'unservable' ? typeName(scope.type) : typeName(target.type);
  const place = (entry: IndexEntry): TargetEntry => {
    return { entry, target: mapRef(mapping, { type: name, namespace: entry.namespace, name: entry.name }) };
  };
  const named = filterEntries(backup.entries(scope.query), scope.keepsEntry);
  if (scope.keepsObject === undefined) {
    for await (const entry of named) yield place(entry);
    return;
  }
  for await (const { entry, bytes } of backup.readMany(named)) {
    if (scope.keepsObject(rawObject(bytes))) yield place(entry);
  }
}

async function* filterEntries(
  entries: AsyncIterable<IndexEntry>,
  keeps: ((entry: IndexEntry) => boolean) | undefined,
): AsyncGenerator<IndexEntry> {
  for await (const entry of entries) if (keeps?.(entry) !== false) yield entry;
}

async function firstEntries(
  scope: TypeScope,
  target: TypeTarget,
  input: CompareLiveInput,
): Promise<readonly TargetEntry[]> {
  const first: TargetEntry[] = [];
  for await (const entry of selectedEntries(scope, target, input)) {
    if (first.push(entry) > getUpTo) break;
  }
  return first;
}

async function* liveBatches(
  type: ResourceType,
  namespaces: readonly string[] | undefined,
  { reader, mapping, signal }: CompareLiveInput,
): AsyncGenerator<ListBatch> {
  if (!type.namespaced || namespaces === undefined) {
    yield* reader.list({ type, signal });
    return;
  }
  const mapped = new Set(namespaces.map((namespace) => mapNamespace(mapping, namespace)));
  // Keys are `namespace/name`, so that is the order of namespaces, too.
  const inOrder = [...mapped].sort((a, b) => compareUtf8(`${a}/`, `${b}/`));
  for (const namespace of inOrder) yield* reader.list({ type, namespace, signal });
}

/** The whole list in one batch, sorted. */
async function sortedBatch(
  type: ResourceType,
  namespaces: readonly string[] | undefined,
  input: CompareLiveInput,
): Promise<AsyncIterable<ListBatch>> {
  const objects: RawObject[] = [];
  for await (const batch of liveBatches(type, namespaces, input)) {
    for (const live of batch.objects) objects.push(rawObject(Buffer.from(live.bytes)));
  }
  const name = typeName(type);
  const refOf = ({ namespace, name: own }: RawObject): ObjectRef => ({ type: name, namespace, name: own });
  objects.sort((a, b) => compareRefs(refOf(a), refOf(b)));
  return (async function* () {
    await Promise.resolve();
    yield { objects };
  })();
}

/** Gets the live objects by their names: for a few, or where lists are not allowed. Nothing can be called extra then. */
async function compareOneByOne(
  scope: TypeScope,
  target: TypeTarget,
  type: ResourceType,
  input: CompareLiveInput,
  message: string | undefined,
): Promise<ComparedType> {
  const entries = await Array.fromAsync(await targetEntries(scope, target, input));
  const differences = new Array<Difference>(entries.length);
  await concurrently(
    entries.entries(),
    requestsAtOnce,
    async ([index, { entry, target: ref }], signal) => {
      let live: KeptObject | undefined;
      let unreadable: string | undefined;
      try {
        const object = await input.reader.get(type, ref.namespace, ref.name, signal);
        if (object !== undefined) {
          const bytes = Buffer.from(stringifyExactly(object));
          live = { offset: await input.spool.append(bytes), length: bytes.length };
        }
      } catch (error) {
        if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
        unreadable = error.message;
      }
      differences[index] = { entry, target: ref, live, liveDigest: undefined, unreadable };
    },
    input.signal,
  );
  const warnings = message === undefined ? [] : [unlisted(type, message)];
  return { scope, target, unchanged: [], differences, extras: [], warnings };
}

/** The type is not there: nothing of it is live. */
async function compareNothing(scope: TypeScope, target: TypeTarget, input: CompareLiveInput): Promise<ComparedType> {
  const differences: Difference[] = [];
  for await (const { entry, target: ref } of await targetEntries(scope, target, input)) {
    differences.push({ entry, target: ref, live: undefined, liveDigest: undefined, unreadable: undefined });
  }
  return { scope, target, unchanged: [], differences, extras: [], warnings: [] };
}
