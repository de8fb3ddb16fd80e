import { InternalError } from '../../errors/app-error.ts';
import type { WriteRequest } from '../../cluster/writer.ts';
import { sameContent } from '../../diff/compare-manifests.ts';
import type { Manifest } from '../../object/manifest.ts';
import { formatRef } from '../../object/ref.ts';
import { entriesAfterUpdate, planOwnership, withOwnership } from '../field-ownership.ts';
import { containsJson, ownedFields } from '../owned-fields.ts';
import { overLive } from '../plan/judge-object.ts';
import type { PreparedObject } from '../prepare-object.ts';
import type { ConflictReason, MovedTo, UnservableReason } from '../reason.ts';
import { awaitReady } from './await-ready.ts';
import { completeObject, type Completion } from './complete-object.ts';
import { deleteAsPlanned, removeToReplace } from './delete-object.ts';
import type { ObjectOutcome, ObjectResult, ResultNote } from './object-result.ts';
import { movedReason } from './plan-anew.ts';
import { send, type Sent } from './send.ts';
import {
  asNotScaled,
  asSent,
  leftBehind,
  prepareAsPlanned,
  readLive,
  type WriteContext,
  type WriteJob,
} from './write-context.ts';

/** Waits between tries whose outcome is open: the server may be restarting. */
const openWaitsMs = [250, 500, 1_000, 2_000, 4_000];
/** An object that changes again and again while it is written is not fought over. */
const movesAtMost = 5;

/**
 * Carries out what was planned for one object, and only that: where the cluster is not what it was planned for, the
 * object is left alone, planned anew, and the result says so.
 *
 * May be called again for an object that was begun and cut off: what is done already is found by reading.
 *
 * Throws the codes of `ClusterReader` once the server stays away, and CANCELLED.
 */
export async function writeObject(job: WriteJob, context: WriteContext): Promise<ObjectResult> {
  let opened = 0;
  for (let wasBegun = job.wasBegun, moves = 0; ;) {
    const step = await tryOnce({ ...job, wasBegun }, context);
    if (step.kind === 'result') return step.result;
    wasBegun = true;
    if (step.kind === 'again') {
      if (++moves > movesAtMost) return left({ kind: 'moved', now: 'changed' });
      continue;
    }
    const waitMs = openWaitsMs[opened++];
    if (waitMs === undefined) {
      // A server that answers everything but this request is not away. One that is throws here.
      await readLive(job, context);
      return left({ kind: 'server-error', message: step.message });
    }
    await context.sleep(waitMs);
  }
}

/** One try: what became of the object, or that it has to be looked at again. */
type Step =
  | { readonly kind: 'result'; readonly result: ObjectResult }
  | { readonly kind: 'again' }
  | { readonly kind: 'open'; readonly message: string };

async function tryOnce(job: WriteJob, context: WriteContext): Promise<Step> {
  switch (job.planned.verdict) {
    case 'create':
      return await create(job, context, 'created');
    case 'update':
      return await update(job, context);
    case 'replace':
      return await replace(job, context);
    case 'delete':
      return await deleteAsPlanned(job, context);
    default:
      throw new InternalError(`${formatRef(job.planned.ref)} was planned as ${job.planned.verdict}, not to be written`);
  }
}

async function create(job: WriteJob, context: WriteContext, outcome: ObjectOutcome): Promise<Step> {
  const prepared = prepare(job, undefined, context);
  if ('reason' in prepared) return result(left(prepared.reason));
  if (job.wasBegun) {
    const live = await readLive(job, context);
    if (live !== undefined) return await onFound(live, prepared, job, context, outcome);
  }
  const sent = await sendCreation(job, prepared, context);
  if (sent.kind === 'moved') {
    const live = await readLive(job, context);
    return live === undefined ? { kind: 'again' } : await onFound(live, prepared, job, context, outcome);
  }
  return await finish(sent, prepared, job, context, outcome, []);
}

/** An object is there that was to be created: ours from a run that was cut off, or somebody's. */
async function onFound(
  live: Manifest,
  prepared: PreparedObject,
  job: WriteJob,
  context: WriteContext,
  outcome: ObjectOutcome,
): Promise<Step> {
  const found: Sent = { kind: 'done', object: live, warnings: [] };
  if (live.metadata.deletionTimestamp !== undefined) {
    return result(left({ kind: 'terminating', finalizers: live.metadata.finalizers ?? [] }));
  }
  if (job.wasBegun && containsJson(live, prepared.body))
    return await finish(found, prepared, job, context, outcome, []);
  const { namespace } = job.planned.ref;
  const note: ResultNote = { kind: 'appeared' };
  const over = prepareAsPlanned(job, live, context);
  if ('name' in over) return result(left({ kind: 'needs', ref: formatRef(over) }));
  if (sameContent(live, over.body)) return result({ outcome: 'unchanged', notes: [note] });
  // In a namespace that we have just made, controllers are quicker: its default account, for one.
  if (namespace === undefined || !context.isNewNamespace(namespace))
    return result(left(movedReason('appeared', live, job, context)));
  const sent = await send({ verb: 'update', ...at(job), body: overLive(over.body, live) }, job, context);
  return sent.kind === 'moved' ? { kind: 'again' } : await finish(sent, over, job, context, outcome, [note]);
}

async function update(job: WriteJob, context: WriteContext): Promise<Step> {
  const found = await readLive(job, context);
  const live = found && asNotScaled(found, job, context);
  const moved = movedFrom(live, job, context);
  if (live === undefined || (moved !== undefined && moved !== 'changed'))
    return result(left(movedReason(moved!, live, job, context)));
  const prepared = prepare(job, live, context);
  if ('reason' in prepared) return result(left(prepared.reason));
  if (moved === 'changed') {
    const isDone = job.write.exact === true ? sameContent(live, prepared.body) : containsJson(live, prepared.body);
    const isOurs = job.wasBegun && isDone;
    const isSame = prepared.status === undefined && sameContent(live, prepared.body);
    if (!isOurs && isSame) return result({ outcome: 'unchanged', notes: [] });
    if (!isOurs) return result(left(movedReason('changed', live, job, context)));
    return await finish({ kind: 'done', object: live, warnings: [] }, prepared, job, context, 'updated', []);
  }
  const { main } = planOwnership(job.planned.ref.type, job.manifest, false);
  const wanted = ownershipAfterUpdate(job, live);
  const body = overLive(prepared.body, live);
  const owned = wanted.length === 0 ? body : withOwnership(body, wanted);
  const fieldManager = main.verb === 'create' ? main.manager : undefined;
  const sent = await send({ verb: 'update', ...at(job), body: owned, fieldManager }, job, context);
  return sent.kind === 'moved' ? { kind: 'again' } : await finish(sent, prepared, job, context, 'updated', []);
}

async function replace(job: WriteJob, context: WriteContext): Promise<Step> {
  const found = await readLive(job, context);
  const live = found && asNotScaled(found, job, context);
  const { uid } = job.write.over!;
  const isOld = live?.metadata.uid === uid;
  if (isOld) {
    const moved = movedFrom(live, job, context);
    if (moved !== undefined && live.metadata.deletionTimestamp === undefined)
      return result(left(movedReason(moved, live, job, context)));
    const removed = await removeToReplace(live, job, context);
    if (removed.kind !== 'gone') return removed;
  } else if (!job.wasBegun) {
    return result(left(movedReason(live === undefined ? 'disappeared' : 'replaced', live, job, context)));
  }
  // Cut off in between: half of it is done, and that an undo can take back.
  if (context.onlyLook && (isOld || live === undefined)) return result({ outcome: 'deleted', notes: [] });
  return await create({ ...job, wasBegun: true }, context, 'replaced');
}

/** How the live object differs from the one that was planned over; undefined when only its status or bookkeeping does. */
function movedFrom(live: Manifest | undefined, { write }: WriteJob, { digester }: WriteContext): MovedTo | undefined {
  const over = write.over!;
  if (live === undefined) return 'disappeared';
  if (live.metadata.uid !== over.uid) return 'replaced';
  if (live.metadata.resourceVersion === over.resourceVersion) return undefined;
  return digester.contentOf(live) === over.content ? undefined : 'changed';
}

function prepare(
  job: WriteJob,
  live: Manifest | undefined,
  context: WriteContext,
): PreparedObject | { readonly reason: ConflictReason } {
  const prepared = prepareAsPlanned(job, live, context);
  if ('name' in prepared) return { reason: { kind: 'needs', ref: formatRef(prepared) } };
  // Over an object whose status has changed since, what is kept of the live one may be in other bytes.
  if (live === undefined || live.metadata.resourceVersion === job.write.over?.resourceVersion) {
    checkRequest(prepared, job, context);
  }
  return { ...prepared, body: asSent(prepared.body, job, context) };
}

/** What is carried out is what was planned, byte for byte. */
function checkRequest({ body }: PreparedObject, { planned, write }: WriteJob, { digester }: WriteContext): void {
  if (digester.requestOf(body) === write.request) return;
  throw new InternalError(`${formatRef(planned.ref)} became another request than the one that was planned`);
}

/**
 * What one manager applied is created by applying it. That may not be all that it takes: of a Secret that was applied
 * with stringData nobody owns the data (https://github.com/kubernetes/kubernetes/issues/70281). Then the whole is
 * created, and given to the manager by a second write.
 */
async function sendCreation(job: WriteJob, prepared: PreparedObject, context: WriteContext): Promise<Sent> {
  const request = creationOf(job, prepared);
  const sent = await send(request, job, context);
  const isRefused = sent.kind === 'refused' && ['invalid', 'forbidden'].includes(sent.reason.kind);
  if (request.verb !== 'apply' || !isRefused) return sent;
  return await send(
    { verb: 'create', ...at(job), body: prepared.body, fieldManager: request.fieldManager },
    job,
    context,
  );
}

/** In the name of the one manager who owned it, where there was one. */
function creationOf(job: WriteJob, { body }: PreparedObject): WriteRequest {
  const { main } = planOwnership(job.planned.ref.type, job.manifest, job.write.status);
  if (main.verb === 'create') return { verb: 'create', ...at(job), body, fieldManager: main.manager };
  const owned = ownedFields(body, main.fields) as Partial<Manifest>;
  const { apiVersion, kind, metadata } = body;
  const { name, namespace, ownerReferences } = metadata;
  return {
    verb: 'apply',
    ...at(job),
    fieldManager: main.manager,
    body: {
      ...owned,
      ...{ apiVersion, kind },
      metadata: {
        ...owned.metadata,
        name,
        ...(namespace !== undefined && { namespace }),
        // Who owned them owned those uids; they are others now.
        ...(owned.metadata?.ownerReferences !== undefined && ownerReferences !== undefined && { ownerReferences }),
      },
    },
  };
}

async function finish(
  sent: Sent,
  prepared: PreparedObject,
  job: WriteJob,
  context: WriteContext,
  outcome: ObjectOutcome,
  notes: readonly ResultNote[],
): Promise<Step> {
  if (sent.kind === 'refused') return result(left(sent.reason));
  if (sent.kind === 'not-served') return result(left(notServed(job)));
  if (sent.kind === 'open') return sent;
  if (sent.kind === 'moved') return { kind: 'again' };
  const { main, statusManager } = planOwnership(job.planned.ref.type, job.manifest, job.write.status);
  let object = sent.object!;
  const warnings: ResultNote[] = sent.warnings.map((message) => ({ kind: 'server-warning', message }));
  if (main.verb === 'apply' && outcome !== 'updated' && !containsJson(object, prepared.body)) {
    // What nobody owned was not applied: it is put there by its whole.
    const whole = await send({ verb: 'update', ...at(job), body: overLive(prepared.body, object) }, job, context);
    if (whole.kind === 'moved') return { kind: 'again' };
    if (whole.kind === 'open') return whole;
    if (whole.kind === 'done') object = whole.object ?? object;
    else warnings.push({ kind: 'fields-left', message: 'fields that nobody owned could not be set' });
  }
  const completion: Completion = {
    status: prepared.status,
    statusManager,
    ownership: (live) => wantedOwnership(job, live),
  };
  const completed = await completeObject(object, completion, job, context);
  const ready = await awaitReady(completed.object, job, context);
  return result({
    outcome,
    notes: [...notes, ...warnings, ...completed.notes, ...ready.notes],
    left: leftBehind(ready.object, context),
  });
}

/** Those of the backup, but for a status that controllers write: that stays theirs. */
function wantedOwnership({ manifest, write, planned }: WriteJob, live: Manifest) {
  if (planned.verdict === 'update') return ownershipAfterUpdate({ manifest, write }, live);
  return entriesAfterUpdate(manifest, live, { status: !write.status, scale: false });
}

function ownershipAfterUpdate({ manifest, write }: Pick<WriteJob, 'manifest' | 'write'>, live: Manifest) {
  return entriesAfterUpdate(manifest, live, { status: !write.status, scale: write.autoscaled });
}

function at({ planned, type }: WriteJob): Pick<WriteRequest, 'type' | 'namespace' | 'name'> {
  return { type, namespace: planned.ref.namespace, name: planned.ref.name };
}

function notServed({ manifest }: WriteJob): UnservableReason {
  return { kind: 'unservable', reason: 'not-served', apiVersion: manifest.apiVersion };
}

function left(reason: ConflictReason | UnservableReason): ObjectResult {
  return { outcome: 'left', reason, notes: [] };
}

function result(made: ObjectResult): Step {
  return { kind: 'result', result: made };
}
