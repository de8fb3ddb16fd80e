import { isWrite, verdicts, type PlannedObject, type RestorePlan, type Verdict } from './restore-plan.ts';

/**
 * The plan without the changes that were not picked: what is left of it is carried out as it was planned, and under
 * the same id. Rights that only left-out changes need are no longer missing.
 *
 * An object whose owner was left out, and is not live, is then found to lack it when the plan is carried out.
 */
export function narrowPlan(plan: RestorePlan, isPicked: (object: PlannedObject) => boolean): RestorePlan {
  const objects = plan.objects.filter((object) => !isWrite(object.verdict) || isPicked(object));
  const writes = objects.filter(({ verdict }) => isWrite(verdict));
  const count = (verdict: Verdict): number => objects.filter((object) => object.verdict === verdict).length;
  return {
    ...plan,
    objects,
    counts: Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])) as Record<Verdict, number>,
    missingRights: plan.missingRights.filter(({ type, namespace }) =>
      writes.some(({ ref }) => ref.type === type && (namespace === undefined || ref.namespace === namespace)),
    ),
  };
}
