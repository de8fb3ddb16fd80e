import type { Manifest } from '../../object/manifest.ts';
import { childOf } from '../draft.ts';
import { replacementOf } from '../replaceable.ts';
import type { ObjectResult } from './object-result.ts';
import { movedReason } from './plan-anew.ts';
import { send } from './send.ts';
import { readLive, type WriteContext, type WriteJob } from './write-context.ts';

/** What a deletion led to, as a step of writing the object. */
export type DeletionStep =
  | { readonly kind: 'result'; readonly result: ObjectResult }
  | { readonly kind: 'again' }
  | { readonly kind: 'open'; readonly message: string };

/** Deletes a live-only object, if it still is the one that was planned over and has the same content. */
export async function deleteAsPlanned(job: WriteJob, context: WriteContext): Promise<DeletionStep> {
  const over = job.write.over!;
  let { resourceVersion } = over;
  if (job.wasBegun) {
    const live = await readLive(job, context);
    if (live === undefined || live.metadata.uid !== over.uid) return deletedBy(undefined);
    if (live.metadata.deletionTimestamp !== undefined) return deletedBy(live);
    if (live.metadata.resourceVersion !== resourceVersion && context.digester.contentOf(live) !== over.content) {
      const reason = movedReason('changed', live, job, context);
      return { kind: 'result', result: { outcome: 'left', reason, notes: [] } };
    }
    resourceVersion = live.metadata.resourceVersion ?? '';
  }
  const sent = await send(
    { verb: 'delete', ...at(job), uid: over.uid, resourceVersion, propagation: 'Background' },
    job,
    context,
  );
  switch (sent.kind) {
    case 'done':
      return deletedBy(sent.object);
    case 'moved':
      return { kind: 'again' };
    case 'not-served':
      return deletedBy(undefined);
    case 'open':
      return sent;
    case 'refused':
      return { kind: 'result', result: { outcome: 'left', reason: sent.reason, notes: [] } };
  }
}

/** Whether it is gone by the server's answer, or still there: then `awaitDeleted` waits, for all of a tier at once. */
function deletedBy(answer: Manifest | undefined): DeletionStep {
  return { kind: 'result', result: deleted(answer?.metadata.deletionTimestamp === undefined ? undefined : answer) };
}

function deleted(stillThere: Manifest | undefined): ObjectResult {
  const notes =
    stillThere === undefined ? [] : [{ kind: 'terminating', finalizers: finalizersOf(stillThere) } as const];
  return { outcome: 'deleted', notes };
}

/** Those of a namespace, and of what is in it, stand in its spec. */
function finalizersOf(object: Manifest): readonly string[] {
  const ofSpec = childOf(object, 'spec')?.['finalizers'];
  return [...(object.metadata.finalizers ?? []), ...(Array.isArray(ofSpec) ? (ofSpec as string[]) : [])];
}

/** The result of a deletion once the object is gone, or after `withinMs`: then a note says what it waits for. */
export async function awaitDeleted(job: WriteJob, context: WriteContext, withinMs: number): Promise<ObjectResult> {
  return deleted(await awaitGone(job.write.over!.uid, job, context, withinMs));
}

/** Time for the garbage collector to let go of dependents, for finalizers, and for what is in a namespace to go. */
export const goneWithinMs = 60_000;
const pollsMs = [20, 50, 100, 200, 400, 800];

/** Deletes an object to make room for its replacement, and waits until it is gone. */
export async function removeToReplace(
  live: Manifest,
  job: WriteJob,
  context: WriteContext,
): Promise<DeletionStep | { readonly kind: 'gone' }> {
  const uid = live.metadata.uid ?? '';
  if (live.metadata.deletionTimestamp === undefined) {
    const replacement = replacementOf(job.planned.ref.type);
    const propagation = replacement.allowed ? replacement.propagation : 'Orphan';
    const { resourceVersion } = live.metadata;
    const sent = await send({ verb: 'delete', ...at(job), uid, resourceVersion, propagation }, job, context);
    if (sent.kind === 'moved') return { kind: 'again' };
    if (sent.kind === 'open') return sent;
    if (sent.kind === 'refused') {
      return { kind: 'result', result: { outcome: 'left', reason: sent.reason, notes: [] } };
    }
  }
  const left = await awaitGone(uid, job, context, goneWithinMs);
  if (left === undefined) return { kind: 'gone' };
  const reason = { kind: 'terminating', finalizers: left.metadata.finalizers ?? [] } as const;
  return { kind: 'result', result: { outcome: 'left', reason, notes: [] } };
}

/** Resolves once the object is gone; to the object when it is still there after that time. */
async function awaitGone(
  uid: string,
  job: WriteJob,
  context: WriteContext,
  withinMs: number,
): Promise<Manifest | undefined> {
  for (let waitedMs = 0, poll = 0; ; poll++) {
    const now = await readLive(job, context);
    if (now?.metadata.uid !== uid) return undefined;
    if (waitedMs >= withinMs) return now;
    const waitMs = pollsMs[Math.min(poll, pollsMs.length - 1)]!;
    await context.sleep(waitMs);
    waitedMs += waitMs;
  }
}

function at({ planned, type }: WriteJob): Pick<Parameters<typeof send>[0], 'type' | 'namespace' | 'name'> {
  return { type, namespace: planned.ref.namespace, name: planned.ref.name };
}
