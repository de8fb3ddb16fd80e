import { formatChangePath } from '../../diff/change-path.ts';
import { compareManifests } from '../../diff/compare-manifests.ts';
import type { Manifest } from '../../object/manifest.ts';
import type { ConflictReason, MovedTo, PlannedAnew } from '../reason.ts';
import { prepareAsPlanned, type WriteContext, type WriteJob } from './write-context.ts';

/** Why an object that has moved is left alone, with what the same request would do to it as it is now. */
export function movedReason(
  now: MovedTo,
  live: Manifest | undefined,
  job: WriteJob,
  context: WriteContext,
): ConflictReason {
  return { kind: 'moved', now, anew: planAnew(live, job, context) };
}

/** Undefined when it waits for an owner, so that nothing can be said. */
function planAnew(live: Manifest | undefined, job: WriteJob, context: WriteContext): PlannedAnew | undefined {
  const { verdict } = job.planned;
  if (verdict === 'delete') return { verdict, paths: [] };
  if (live === undefined) return { verdict: 'create', paths: [] };
  const prepared = prepareAsPlanned(job, live, context);
  if ('name' in prepared) return undefined;
  const paths = compareManifests(live, prepared.body).map(({ path }) => formatChangePath(path));
  return { verdict: verdict === 'replace' ? verdict : 'update', paths };
}
