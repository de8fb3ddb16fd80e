import { noise } from './noise.ts';
import { isExpression, matchesAny, matchesPattern } from './pattern.ts';
import type { Selection, SelectionRule } from './selection.ts';

/**
 * Whether a selection would take types of this API group, had the cluster been able to tell them.
 *
 * Decides whether a failed discovery is a shortfall of the backup. Errs on the side of yes.
 */
export function concernsGroup(selection: Selection, group: string): boolean {
  /** Stands for whatever type the group may have: patterns of whole groups match it, names of single types do not. */
  const unknownType = `*.${group}`;
  const takes = (rule: SelectionRule): boolean =>
    (rule.apiVersion === undefined || rule.apiVersion.startsWith(`${group}/`)) &&
    (rule.includeResources === undefined ||
      rule.includeResources.some((name) => rule.apiVersion !== undefined || mayBeOf(name, group))) &&
    !matchesAny(rule.excludeResources ?? [], unknownType) &&
    !(
      rule.excludeNoise !== false &&
      noise.some((row) => row.only === undefined && matchesPattern(row.type, unknownType))
    );
  return selection.rules.some(takes) && (selection.within === undefined || takes(selection.within));
}

function mayBeOf(name: string, group: string): boolean {
  if (isExpression(name)) return true;
  const wanted = name.toLowerCase();
  return wanted === '*' || wanted.endsWith(`.${group}`) || matchesPattern(wanted, `*.${group}`);
}
