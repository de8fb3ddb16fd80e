import { InternalError, isAppError } from '../../errors/app-error.ts';
import type { WriteAnswer, WriteRequest } from '../../cluster/writer.ts';
import type { Manifest } from '../../object/manifest.ts';
import { classifyRefusal, type RefusalMeaning } from '../classify-refusal.ts';
import type { ConflictReason } from '../reason.ts';
import type { WriteContext, WriteJob } from './write-context.ts';

/** What one request led to. */
export type Sent =
  | { readonly kind: 'done'; readonly object: Manifest | undefined; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: ConflictReason }
  /** The cluster is not what the request was made for. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'not-served' }
  /** Whether it was done is open: only reading tells. */
  | { readonly kind: 'open'; readonly message: string };

/** How long what passes by itself is waited for, try by try, by the kind of reason. */
const patience: Readonly<Partial<Record<ConflictReason['kind'] | 'not-served', readonly number[]>>> = {
  // A quota counts what is there within seconds of its own creation.
  quota: [100, 200, 400, 800, 1_500, 3_000, 5_000, 10_000],
  // The back end may be restored along.
  'webhook-away': [500, 1_000, 2_000],
  'conversion-away': [500, 1_000, 2_000],
  // A definition is served a moment after it is Established.
  'not-served': [50, 100, 200, 400, 800, 1_500, 3_000, 5_000],
};

/**
 * Sends one request, and again while it is refused for what passes by itself.
 *
 * Throws the codes of `ClusterWriter`, but for those that leave open what happened.
 */
export async function send(request: WriteRequest, job: WriteJob, context: WriteContext): Promise<Sent> {
  if (context.onlyLook) return { kind: 'refused', reason: { kind: 'not-reached' } };
  const tries = new Map<string, number>();
  for (;;) {
    let answer: WriteAnswer;
    try {
      answer = await context.writer.write(request, { signal: context.signal });
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_UNREACHABLE', 'CLUSTER_TIMEOUT')) throw error;
      return { kind: 'open', message: error.message };
    }
    if (answer.kind === 'done') return answer;
    const sent = toSent(classifyRefusal(answer.refusal, job.planned.ref.type));
    const kind = sent.kind === 'refused' ? sent.reason.kind : sent.kind;
    const waits =
      kind === 'not-served' && !context.isNewType(job.planned.ref) ? [] : waitsFor(kind, answer.refusal.message);
    const tried = tries.get(kind) ?? 0;
    tries.set(kind, tried + 1);
    const waitMs = waits[tried];
    if (waitMs === undefined) return sent;
    await context.sleep(waitMs);
  }
}

/** Of the refusals by a quota only the one passes that it has not counted yet. */
function waitsFor(kind: string, message: string): readonly number[] {
  if (kind === 'quota' && !message.includes('status unknown for quota')) return [];
  return patience[kind as keyof typeof patience] ?? [];
}

function toSent(meaning: RefusalMeaning): Exclude<Sent, { kind: 'done' }> {
  switch (meaning.kind) {
    case 'moved':
    case 'not-served':
      return meaning;
    case 'no-dry-run':
      throw new InternalError('a request that counts was answered as if it were a dry run');
    case 'conflict':
      return { kind: 'refused', reason: meaning.reason };
    case 'passing':
      if (meaning.reason.kind !== 'server-error') return { kind: 'refused', reason: meaning.reason };
      return { kind: 'open', message: meaning.reason.message };
  }
}
