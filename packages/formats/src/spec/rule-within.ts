import { isPattern, type Selection, type SelectionRule } from '@infrabackup/core';

/** A rule with what narrows the whole selection in it; `lost` names conditions that could not be joined. */
export interface JoinedRule {
  readonly rule: SelectionRule;
  readonly lost: readonly string[];
}

/** Every rule of a selection by itself, for dialects that know no narrowing of all. */
export function joinedRules({ rules, within }: Selection): readonly JoinedRule[] {
  return rules.map((rule) => (within === undefined ? { rule, lost: [] } : join(rule, within)));
}

function join(rule: SelectionRule, within: SelectionRule): JoinedRule {
  const lost: string[] = [];
  const listed = (name: 'includeNamespaces' | 'includeResources' | 'names'): readonly string[] | undefined => {
    const [a, b] = [rule[name], within[name]];
    if (a === undefined || b === undefined) return a ?? b;
    if ([...a, ...b].some(isPattern)) lost.push(`${name} of within`);
    return a.filter((value) => b.includes(value));
  };
  const all = (name: 'excludeNamespaces' | 'excludeResources' | 'excludeNames'): readonly string[] | undefined => {
    const joined = [...new Set([...(rule[name] ?? []), ...(within[name] ?? [])])];
    return joined.length === 0 ? undefined : joined;
  };
  const selectors = (name: 'labelSelector' | 'fieldSelector'): string | undefined => {
    const parts = [rule[name], within[name]].filter((part) => part !== undefined && part !== '');
    return parts.length === 0 ? undefined : parts.join(',');
  };
  const joined = {
    ...{ ...within, ...rule },
    includeNamespaces: listed('includeNamespaces'),
    includeResources: listed('includeResources'),
    names: listed('names'),
    excludeNamespaces: all('excludeNamespaces'),
    excludeResources: all('excludeResources'),
    excludeNames: all('excludeNames'),
    labelSelector: selectors('labelSelector'),
    fieldSelector: selectors('fieldSelector'),
  };
  return { rule: Object.fromEntries(Object.entries(joined).filter(([, value]) => value !== undefined)), lost };
}
