import type { Manifest } from '../../object/manifest.ts';
import { childOf } from '../draft.ts';
import { replacementOf } from '../replaceable.ts';
import type { ObjectResult } from './object-result.ts';
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
    if (live === undefined || live.metadata.uid !== over.uid) return deleted([]);
    if (live.metadata.deletionTimestamp !== undefined) return await awaitEmptied(live, job, context);
    if (live.metadata.resourceVersion !== resourceVersion && context.digester.contentOf(live) !== over.content) {
      return { kind: 'result', result: { outcome: 'left', reason: { kind: 'moved', now: 'changed' }, notes: [] } };
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
      return await awaitEmptied(sent.object, job, context);
    case 'moved':
      return { kind: 'again' };
    case 'not-served':
      return deleted([]);
    case 'open':
      return sent;
    case 'refused':
      return { kind: 'result', result: { outcome: 'left', reason: sent.reason, notes: [] } };
  }
}

/**
 * What is in a namespace, and what a definition defines, goes while the thing itself waits: others of that name can
 * only be made once it is gone.
 */
async function awaitEmptied(object: Manifest | undefined, job: WriteJob, context: WriteContext): Promise<DeletionStep> {
  const finalizers = object?.metadata.finalizers ?? [];
  const { type } = job.planned.ref;
  if (type !== 'namespaces' && type !== 'customresourcedefinitions.apiextensions.k8s.io') return deleted(finalizers);
  const left = await awaitGone(job.write.over!.uid, job, context);
  return left === undefined
    ? deleted([])
    : deleted([...(left.metadata.finalizers ?? []), ...namespaceFinalizers(left)]);
}

function namespaceFinalizers(object: Manifest): readonly string[] {
  const finalizers = childOf(object, 'spec')?.['finalizers'];
  return Array.isArray(finalizers) ? (finalizers as string[]) : [];
}

function deleted(finalizers: readonly string[]): DeletionStep {
  const notes = finalizers.length === 0 ? [] : [{ kind: 'finalizing', finalizers } as const];
  return { kind: 'result', result: { outcome: 'deleted', notes } };
}

/** Time for the garbage collector to let go of dependents, and for finalizers. */
const goneWithinMs = 60_000;
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
  const left = await awaitGone(uid, job, context);
  if (left === undefined) return { kind: 'gone' };
  const reason = { kind: 'terminating', finalizers: left.metadata.finalizers ?? [] } as const;
  return { kind: 'result', result: { outcome: 'left', reason, notes: [] } };
}

/** Resolves once the object is gone; to the object when it is still there after a minute. */
async function awaitGone(uid: string, job: WriteJob, context: WriteContext): Promise<Manifest | undefined> {
  for (let waitedMs = 0, poll = 0; ; poll++) {
    const now = await readLive(job, context);
    if (now?.metadata.uid !== uid) return undefined;
    if (waitedMs >= goneWithinMs) return now;
    const waitMs = pollsMs[Math.min(poll, pollsMs.length - 1)]!;
    await context.sleep(waitMs);
    waitedMs += waitMs;
  }
}

function at({ planned, type }: WriteJob): Pick<Parameters<typeof send>[0], 'type' | 'namespace' | 'name'> {
  return { type, namespace: planned.ref.namespace, name: planned.ref.name };
}
