import { setTimeout as wait } from 'node:timers/promises';
import type { IndexEntry } from '../../archive/index-entry.ts';
import type { Backup } from '../../archive/open-backup.ts';
import type { OpenSpool } from '../../archive/spool.ts';
import { formatInstant, type Clock } from '../../clock.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import type { ClusterWriter } from '../../cluster/writer.ts';
import { AppError, throwIfCancelled } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { compareRefs, formatRef, refKey, type ObjectRef } from '../../object/ref.ts';
import type { Store } from '../../store/store.ts';
import { contentDigester } from '../content-of.ts';
import { tierName } from '../order-objects.ts';
import { isWrite, type PlannedObject } from '../restore-plan.ts';
import { keepBefore } from './keep-before.ts';
import type { ObjectResult, RunEvent } from './object-result.ts';
import { Pace } from './pace.ts';
import type { OpenRun } from './run-store.ts';
import type { WriteContext } from './write-context.ts';
import { writeObject } from './write-object.ts';

/** What a plan is carried out with. */
export interface ExecutePlanInput {
  readonly run: OpenRun;
  /** The one that was planned from: each of its objects is held against its digest when it is read. */
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Where what will be changed is kept, the best first. */
  readonly keepIn: readonly Store[];
  readonly openSpool: OpenSpool;
  readonly clock: Clock;
  readonly tool: string;
  /** Stops: what is under way is finished, and the run can be continued. */
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((event: RunEvent) => void) | undefined;
}

/** So many objects are looked up in the index one by one; more are found by going through their types. */
const lookUpTo = 16;
/** Objects whose intent is made durable at once. */
const chunkSize = 256;

/**
 * Carries out a plan, or goes on with one that was cut off: exactly the plan's writes, in its order.
 *
 * The intent to write is durable before each write, what it led to soon after; every object ends with a result in the
 * journal. Before the first write, what will be changed is kept for an undo. Objects of one tier and depth are written
 * concurrently, as many at once as the server bears.
 *
 * Throws RIGHTS_MISSING and CLUSTER_CHANGED before anything is written; the codes of `ClusterReader`, BACKUP_DAMAGED,
 * STORE_FULL and CANCELLED in mid-way: the run can then be continued by calling this again.
 */
export async function executePlan(input: ExecutePlanInput): Promise<void> {
  const { run, clock, report } = input;
  const { plan } = run;
  if (plan.missingRights.length > 0) {
    throw new AppError('RIGHTS_MISSING', `${plan.missingRights.length} rights are missing; nothing was changed`);
  }
  await checkCluster(input);
  const progress = readProgress(run);
  if (!progress.isKept) {
    const kept = await keepBefore({ ...input, plan, stores: input.keepIn, signal: input.signal });
    run.append({ kind: 'kept', objects: kept?.objects ?? 0, location: kept?.location ?? '' });
    await run.sync();
    report?.({ kind: 'keeping', objects: kept?.objects ?? 0 });
  }
  const pace = new Pace(clock, (writesAtOnce) => report?.({ kind: 'pace', writesAtOnce }));
  const context = writeContext(input, progress);
  try {
    for (const group of groupsOf(plan.objects)) {
      await writeGroup(group, progress, context, pace, input);
    }
  } finally {
    await run.sync();
  }
  run.append({ kind: 'finished', at: formatInstant(clock.now()) });
  await run.sync();
}

/** What of a run is done, and what of it others depend on. */
interface Progress {
  readonly isKept: boolean;
  readonly begun: ReadonlySet<number>;
  readonly done: Set<number>;
  /** Uids of what the run has written, by `refKey`: of owners only. */
  readonly uids: Map<string, string>;
  readonly owners: ReadonlySet<string>;
  readonly newNamespaces: Set<string>;
  /** Type names whose definitions the run has written. */
  readonly newTypes: Set<string>;
}

function readProgress({ plan, records }: OpenRun): Progress {
  const owners = new Set(
    plan.objects.flatMap(({ write }) =>
      (write?.owners ?? []).filter(({ uid }) => uid === '').map(({ ref }) => refKey(ref)),
    ),
  );
  const begun = new Set<number>();
  const progress: Progress = {
    ...{ isKept: records.some(({ kind }) => kind === 'kept'), begun, done: new Set(), owners },
    ...{ uids: new Map(), newNamespaces: new Set(), newTypes: new Set() },
  };
  for (const record of records) {
    if (record.kind === 'begun') for (const object of record.objects) begun.add(object);
    if (record.kind === 'result') note(plan.objects[record.object]!, record.object, record.result, progress);
  }
  return progress;
}

function note({ ref }: PlannedObject, index: number, { outcome, left }: ObjectResult, progress: Progress): void {
  progress.done.add(index);
  if (left === undefined) return;
  const key = refKey(ref);
  if (progress.owners.has(key)) progress.uids.set(key, left.uid);
  if (ref.type === 'namespaces' && outcome === 'created') progress.newNamespaces.add(ref.name);
  if (ref.type === 'customresourcedefinitions.apiextensions.k8s.io') progress.newTypes.add(ref.name);
}

function writeContext({ run, reader, writer, signal }: ExecutePlanInput, progress: Progress): WriteContext {
  return {
    plan: run.plan,
    ...{ reader, writer, signal },
    digester: contentDigester(run.plan.key),
    sleep: async (ms) => {
      await wait(ms, undefined, { signal }).catch(() => undefined);
      throwIfCancelled(signal);
    },
    uidOf: (ref) => progress.uids.get(refKey(ref)),
    isNewNamespace: (name) => progress.newNamespaces.has(name),
    isNewType: ({ type }) => progress.newTypes.has(type),
  };
}

async function checkCluster({ run, reader, signal }: ExecutePlanInput): Promise<void> {
  const { cluster } = run.plan;
  const now = await reader.identity(signal);
  const isSame = cluster.uid === undefined ? cluster.server === now.server : cluster.uid === now.uid;
  if (isSame) return;
  throw new AppError(
    'CLUSTER_CHANGED',
    `the plan was made for the cluster at ${cluster.server}, and this is another one`,
    {
      hint: 'select the context that the plan was made with',
      refs: [now.server],
    },
  );
}

/** Objects that may be written at the same time, by their places in the plan. */
interface Group {
  readonly name: string;
  readonly objects: readonly (readonly [index: number, planned: PlannedObject])[];
}

function groupsOf(objects: readonly PlannedObject[]): readonly Group[] {
  const writes = [...objects.entries()].filter(([, { verdict }]) => isWrite(verdict));
  const byPlace = Map.groupBy(writes, ([, { place }]) => `${place.tier}/${place.depth}`);
  return [...byPlace.values()].map((group) => {
    const [, { place }] = group[0]!;
    return { name: tierName(place), objects: group };
  });
}

/** An object to be written, with what the backup says of it. */
interface Loaded {
  readonly index: number;
  readonly planned: PlannedObject;
  readonly manifest: Manifest;
}

async function writeGroup(
  { name, objects }: Group,
  progress: Progress,
  context: WriteContext,
  pace: Pace,
  input: ExecutePlanInput,
): Promise<void> {
  const { run, report, signal } = input;
  const open = objects.filter(([index]) => !progress.done.has(index));
  if (open.length === 0) return;
  report?.({ kind: 'tier', name, objects: open.length });
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const write = async ({ index, planned, manifest }: Loaded): Promise<void> => {
    try {
      const job = {
        ...{ planned, manifest, write: planned.write! },
        type: { ...run.plan.types[planned.ref.type]!, version: planned.write!.version },
        wasBegun: progress.begun.has(index),
      };
      const result = await pace.run(() => writeObject(job, context));
      run.append({ kind: 'result', object: index, result });
      note(planned, index, result, progress);
      report?.({ kind: 'object', ref: planned.ref, result });
    } catch (error) {
      failure ??= { error };
    }
  };
  for await (const chunk of chunks(load(open, input.backup))) {
    throwIfCancelled(signal);
    run.append({ kind: 'begun', objects: chunk.map(({ index }) => index) });
    await run.sync();
    for (const loaded of chunk) {
      // As many as may run, and as many waiting: the next ones are read and made durable meanwhile.
      while (running.size >= 2 * pace.limit && failure === undefined) await Promise.race(running);
      if (failure !== undefined || signal?.aborted === true) break;
      const work = write(loaded);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
    if (failure !== undefined) break;
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
  throwIfCancelled(signal);
}

/** The backup's manifests of a group, read in the order of the archive; deletions have none. */
async function* load(objects: Group['objects'], backup: Backup): AsyncGenerator<Loaded> {
  const places = new Map<string, Group['objects'][number]>();
  for (const place of objects) {
    const [index, planned] = place;
    if (planned.verdict === 'delete') yield { index, planned, manifest: nothing };
    else places.set(refKey(planned.source ?? planned.ref), place);
  }
  if (places.size === 0) return;
  for await (const { entry, bytes } of backup.readMany(entriesOf(backup, places))) {
    const [index, planned] = places.get(refKey(entry))!;
    places.delete(refKey(entry));
    yield { index, planned, manifest: JSON.parse(bytes.toString()) as Manifest };
  }
  const [missing] = places.values();
  if (missing === undefined) return;
  const ref: ObjectRef = missing[1].source ?? missing[1].ref;
  throw new AppError('BACKUP_DAMAGED', `backup ${backup.header.name} no longer has ${formatRef(ref)}`, {
    refs: [formatRef(ref)],
  });
}

const nothing: Manifest = { apiVersion: '', kind: '', metadata: { name: '' } };

async function* entriesOf(
  backup: Backup,
  places: ReadonlyMap<string, Group['objects'][number]>,
): AsyncGenerator<IndexEntry> {
  const refs = [...places.values()].map(([, { source, ref }]) => source ?? ref);
  if (refs.length <= lookUpTo) {
    for (const ref of refs.sort(compareRefs)) {
      const entry = await backup.find(ref);
      if (entry !== undefined) yield entry;
    }
    return;
  }
  const types = new Set(refs.map(({ type }) => type));
  for await (const entry of backup.entries({ types: [...types] })) {
    if (places.has(refKey(entry))) yield entry;
  }
}

async function* chunks<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    if (chunk.push(item) < chunkSize) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
