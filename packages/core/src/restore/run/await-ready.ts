import type { Manifest } from '../../object/manifest.ts';
import type { TypeName } from '../../object/resource-type.ts';
import { childOf, itemsOf, textOf } from '../draft.ts';
import type { ResultNote } from './object-result.ts';
import { readLive, type WriteContext, type WriteJob } from './write-context.ts';

/** What has to be true of an object before what depends on it can be written. */
interface Readiness {
  readonly type: TypeName;
  readonly isReady: (object: Manifest) => boolean;
  readonly waitedFor: string;
  readonly timeoutMs: number;
  readonly source: string;
}

const readiness: readonly Readiness[] = [
  {
    type: 'customresourcedefinitions.apiextensions.k8s.io',
    isReady: (object) =>
      itemsOf(childOf(object, 'status'), 'conditions').some(
        (condition) => textOf(condition, 'type') === 'Established' && textOf(condition, 'status') === 'True',
      ),
    waitedFor: 'its condition Established',
    timeoutMs: 60_000,
    source: 'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/',
  },
  {
    type: 'resourcequotas',
    isReady: (object) => childOf(childOf(object, 'status'), 'hard') !== undefined,
    waitedFor: 'its first count',
    timeoutMs: 10_000,
    source: 'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
  },
];

const pollsMs = [20, 40, 80, 160, 320, 500];

/** Waits until what depends on the object can be written; when that takes too long, a note says so. */
export async function awaitReady(
  object: Manifest,
  job: WriteJob,
  context: WriteContext,
): Promise<{ readonly object: Manifest; readonly notes: readonly ResultNote[] }> {
  const row = readiness.find(({ type }) => type === job.planned.ref.type);
  if (row === undefined) return { object, notes: [] };
  let current = object;
  let waitedMs = 0;
  for (let poll = 0; !row.isReady(current); poll++) {
    if (waitedMs >= row.timeoutMs) return { object: current, notes: [{ kind: 'not-ready', waitedFor: row.waitedFor }] };
    const waitMs = pollsMs[Math.min(poll, pollsMs.length - 1)]!;
    await context.sleep(waitMs);
    waitedMs += waitMs;
    current = (await readLive(job, context)) ?? current;
  }
  return { object: current, notes: [] };
}
