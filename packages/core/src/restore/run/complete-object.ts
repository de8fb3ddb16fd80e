import type { JsonObject, Manifest } from '../../object/manifest.ts';
import { sameJson } from '../../diff/same-json.ts';
import { isSameOwnership, withOwnership } from '../field-ownership.ts';
import type { PreparedObject } from '../prepare-object.ts';
import type { ResultNote } from './object-result.ts';
import { send, type Sent } from './send.ts';
import { readLive, type WriteContext, type WriteJob } from './write-context.ts';

/** What an object still needs once its body is in the cluster. */
export interface Completion {
  readonly status: PreparedObject['status'];
  /** In whose name the status is written. */
  readonly statusManager: string | undefined;
  /** Who is to own its fields. */
  readonly ownership: (object: Manifest) => readonly JsonObject[];
}

/** The object once it is complete, and what could not be brought along. */
export interface Completed {
  readonly object: Manifest;
  readonly notes: readonly ResultNote[];
}

/** Controllers write to new objects at once; more often than this in a row is no accident. */
const triesAtMost = 6;

/**
 * Writes what one request could not carry: the status, and who owns the fields. Both may be done already, as after a
 * run that was cut off; then nothing is written. What the server refuses here is a note: the object itself is restored.
 */
export async function completeObject(
  object: Manifest,
  completion: Completion,
  job: WriteJob,
  context: WriteContext,
): Promise<Completed> {
  const notes: ResultNote[] = [];
  let current = object;
  const { status, statusManager, ownership } = completion;
  if (status !== undefined) {
    const done = await insist(current, job, context, (live) => {
      if (sameJson(live['status'], status)) return undefined;
      const { type, planned } = job;
      return {
        ...{ verb: 'update', subresource: 'status', type, namespace: planned.ref.namespace, name: planned.ref.name },
        ...{ body: { ...live, status }, fieldManager: statusManager },
      };
    });
    current = done.object;
    if (done.refused !== undefined) notes.push({ kind: 'status-left', message: done.refused });
  }
  const done = await insist(current, job, context, (live) => {
    const wanted = ownership(live);
    if (isSameOwnership(live.metadata.managedFields, wanted)) return undefined;
    const { type, planned } = job;
    // Whole, as it is: the server has a quarter less to do than for a patch of the entries alone.
    const body = withOwnership(live, wanted);
    return { verb: 'update', type, namespace: planned.ref.namespace, name: planned.ref.name, body };
  });
  current = done.object;
  if (done.refused !== undefined) notes.push({ kind: 'ownership-left', message: done.refused });
  return { object: current, notes };
}

type RequestFor = (live: Manifest) => Parameters<typeof send>[0] | undefined;

/** Sends what the live object still needs, over again while somebody else writes to it in between. */
async function insist(
  object: Manifest,
  job: WriteJob,
  context: WriteContext,
  requestFor: RequestFor,
): Promise<{ readonly object: Manifest; readonly refused: string | undefined }> {
  let current = object;
  let last: Sent | undefined;
  for (let tried = 0; tried < triesAtMost; tried++) {
    const request = requestFor(current);
    if (request === undefined) return { object: current, refused: undefined };
    last = await send(request, job, context);
    if (last.kind === 'done') return { object: last.object ?? current, refused: undefined };
    if (last.kind === 'refused') return { object: current, refused: messageOf(last) };
    if (last.kind === 'open') await context.sleep(250 * 2 ** tried);
    const live = await readLive(job, context);
    if (live?.metadata.uid !== object.metadata.uid) return { object: current, refused: 'it was deleted meanwhile' };
    current = live!;
  }
  return { object: current, refused: messageOf(last!) };
}

function messageOf(sent: Sent): string {
  if (sent.kind === 'refused' && 'message' in sent.reason) return sent.reason.message;
  if (sent.kind === 'open') return sent.message;
  return sent.kind === 'moved' ? 'others kept writing to it' : `the server refused it (${sent.kind})`;
}
