import type { IndexEntry } from '../../archive/index-entry.ts';
import type { Backup } from '../../archive/open-backup.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import type { ClusterWriter } from '../../cluster/writer.ts';
import { concurrently } from '../../concurrently.ts';
import { AppError, InternalError, throwIfCancelled } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { parseManifest } from '../../object/parse-manifest.ts';
import { compareRefs, formatRef, refKey, type ObjectRef } from '../../object/ref.ts';
import { contentDigester } from '../content-of.ts';
import { tierName } from '../order-objects.ts';
import { isWrite, type PlannedObject } from '../restore-plan.ts';
import { awaitDeleted, goneWithinMs } from './delete-object.ts';
import { isTerminating, type RunEvent } from './object-result.ts';
import { Pace, writePace } from '../pace.ts';
import { noteResult, type RunProgress } from './run-progress.ts';
import type { OpenRun } from './run-store.ts';
import type { RememberedSizes } from './scale-down.ts';
import { sleepUntil } from './sleep.ts';
import type { WriteContext, WriteJob } from './write-context.ts';
import { writeObject } from './write-object.ts';

/** What the objects of a run are written with. */
export interface WriteGroupsInput {
  readonly run: OpenRun;
  readonly progress: RunProgress;
  /** Where the manifests are; undefined where the plan only deletes. */
  readonly backup: Backup | undefined;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly clock: Clock;
  /** The sizes of workloads that are scaled down meanwhile. */
  readonly scaledDown: RememberedSizes;
  /** Whether only objects that were begun are looked at, and nothing is sent. */
  readonly onlyBegun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((event: RunEvent) => void) | undefined;
}

/** So many objects are looked up in the index one by one; more are found by going through their types. */
const lookUpTo = 16;
/** Objects whose intent is made durable at once. */
const chunkSize = 256;
const readsAtOnce = 16;

/**
 * Writes all objects of the run's plan that have no result yet: group after group, each group's concurrently. Every
 * intent is durable before its write, every result when this resolves, also when it throws.
 */
export async function writeGroups(input: WriteGroupsInput): Promise<void> {
  const { run, clock, report } = input;
  const pace = new Pace(writePace, clock, (writesAtOnce) => report?.({ kind: 'pace', writesAtOnce }));
  const context = writeContext(input);
  try {
    for (const group of groupsOf(run.plan.objects)) await writeGroup(group, context, pace, input);
  } finally {
    await run.sync();
  }
}

function writeContext(input: WriteGroupsInput): WriteContext {
  const { run, progress, reader, writer, signal, onlyBegun, scaledDown } = input;
  return {
    plan: run.plan,
    ...{ reader, writer, signal, onlyLook: onlyBegun, scaledDown },
    staysDown: (ref, size) => {
      const key = refKey(ref);
      if (!run.head.stayDown || !progress.scaledDown.has(key)) return false;
      if (!scaledDown.has(key)) scaledDown.set(key, size);
      return true;
    },
    digester: contentDigester(run.plan.key),
    sleep: sleepUntil(signal),
    uidOf: (ref) => progress.uids.get(refKey(ref)),
    isNewNamespace: (name) => progress.newNamespaces.has(name),
    isNewType: ({ type }) => progress.newTypes.has(type),
  };
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
  context: WriteContext,
  pace: Pace,
  input: WriteGroupsInput,
): Promise<void> {
  const { run, progress, report, signal, onlyBegun } = input;
  const open = objects.filter(([index]) => !progress.done.has(index) && (!onlyBegun || progress.begun.has(index)));
  if (open.length === 0) return;
  report?.({ kind: 'tier', name, objects: open.length });
  const running = new Set<Promise<void>>();
  const deleting: Deleting[] = [];
  let failure: { readonly error: unknown } | undefined;
  const write = async ({ index, planned, manifest }: Loaded): Promise<void> => {
    try {
      const job: WriteJob = {
        ...{ planned, manifest, write: planned.write! },
        type: { ...run.plan.types[planned.ref.type]!, version: planned.write!.version },
        wasBegun: progress.begun.has(index),
      };
      const result = await pace.run(() => writeObject(job, context));
      run.append({ kind: 'result', object: index, result });
      noteResult(planned, index, result, progress);
      if (isTerminating(result) && !onlyBegun) deleting.push({ job, index });
      else report?.({ kind: 'object', ref: planned.ref, result });
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
  await awaitAll(deleting, context, input);
}

/** An object whose deletion was accepted, and that is still there. */
interface Deleting {
  readonly job: WriteJob;
  readonly index: number;
}

/** Waits until what a group has deleted is gone, for all of it together no longer than for one object. */
async function awaitAll(
  deleting: readonly Deleting[],
  context: WriteContext,
  { run, clock, report, signal }: WriteGroupsInput,
): Promise<void> {
  const untilMs = clock.now() + goneWithinMs;
  await concurrently(
    deleting,
    readsAtOnce,
    async ({ job, index }) => {
      const result = await awaitDeleted(job, context, Math.max(0, untilMs - clock.now()));
      run.append({ kind: 'result', object: index, result });
      report?.({ kind: 'object', ref: job.planned.ref, result });
    },
    signal,
  );
}

/** The backup's manifests of a group, read in the order of the archive; deletions have none. */
async function* load(objects: Group['objects'], backup: Backup | undefined): AsyncGenerator<Loaded> {
  const places = new Map<string, Group['objects'][number]>();
  for (const place of objects) {
    const [index, planned] = place;
    if (planned.verdict === 'delete') yield { index, planned, manifest: nothing };
    else places.set(refKey(planned.source ?? planned.ref), place);
  }
  if (places.size === 0) return;
  if (backup === undefined) throw new InternalError('a plan that writes objects needs the backup that has them');
  for await (const { entry, bytes } of backup.readMany(entriesOf(backup, places))) {
    const [index, planned] = places.get(refKey(entry))!;
    places.delete(refKey(entry));
    yield { index, planned, manifest: parseManifest(bytes) };
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
