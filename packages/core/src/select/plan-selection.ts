import { AppError } from '../errors/app-error.ts';
import { compareUtf8 } from '../object/ref.ts';
import { apiVersionOf, typeName, type ResourceType } from '../object/resource-type.ts';
import { parseLabelSelector } from './label-selector.ts';
import { noise, type NoiseRule } from './noise.ts';
import { isPattern, matchesAny, matchesPattern } from './pattern.ts';
import { ambiguousType, findTypes, unknownType } from './resolve-type.ts';
import type { Selection, SelectionRule } from './selection.ts';

/** What of one type is to be read, and how the server is asked for it. */
export interface TypePlan {
  readonly type: ResourceType;
  /** The namespaces to list one by one, sorted; undefined lists the type at once. */
  readonly namespaces: readonly string[] | undefined;
  /** Whether the type is quicker listed at once, where the user may: most of the cluster's namespaces are meant. */
  readonly meansMost: boolean;
  /** What the server is asked to filter by: the selector that all rules of the type share, and that of `within`. */
  readonly labelSelectors: readonly string[];
  /** The field selectors that the server is asked to filter by too. */
  readonly fieldSelectors: readonly string[];
  /** Exactly these objects of a cluster-scoped type: those that a selected namespace brings along. */
  readonly onlyNames: readonly string[] | undefined;
  /** An object is selected when any of these selects it, and all of `within` do; see `matchesPlan`. */
  readonly rules: readonly ObjectRule[];
  readonly within: readonly ObjectRule[];
  /** Rows of the noise table that judge single objects of the type. */
  readonly noise: readonly NoiseRule[];
}

/** The part of a rule that is asked of each object: everything but its type. */
export type ObjectRule = Pick<
  SelectionRule,
  'includeNamespaces' | 'excludeNamespaces' | 'labelSelector' | 'fieldSelector' | 'names' | 'excludeNames'
>;

/** Every object of a type. */
export function planWhole(type: ResourceType): TypePlan {
  return {
    type,
    namespaces: undefined,
    meansMost: false,
    labelSelectors: [],
    fieldSelectors: [],
    onlyNames: undefined,
    rules: [{}],
    within: [],
    noise: [],
  };
}

/** What the server is asked to filter a type's lists by. */
export function selectorsOf(plan: Pick<TypePlan, 'labelSelectors' | 'fieldSelectors'>): {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
} {
  return {
    ...(plan.labelSelectors.length > 0 && { labelSelector: plan.labelSelectors.join(',') }),
    ...(plan.fieldSelectors.length > 0 && { fieldSelector: plan.fieldSelectors.join(',') }),
  };
}

/** Why a type that the cluster serves is not read. */
export type LeftOut =
  | { readonly type: ResourceType; readonly because: 'noise'; readonly reason: string; readonly source: string }
  | { readonly type: ResourceType; readonly because: 'not-selected' }
  | { readonly type: ResourceType; readonly because: 'not-listable' };

/** What a selection means on one cluster. */
export interface SelectionPlan {
  /** Sorted by type name. */
  readonly types: readonly TypePlan[];
  /** Sorted by type name. */
  readonly leftOut: readonly LeftOut[];
  /** Type names of the rules, and `apiVersion`s, that the cluster does not serve, sorted. */
  readonly unserved: readonly string[];
  /** The type of CRDs, when those of the custom resources that are found should come along; else undefined. */
  readonly definitions: ResourceType | undefined;
  /** Namespaces that rules name and the cluster does not have, sorted; empty where it could not be asked. */
  readonly missingNamespaces: readonly string[];
}

/** What planning needs to know of the cluster. */
export interface SelectionTarget {
  readonly types: readonly ResourceType[];
  /** Names of all namespaces; undefined where the user may not list them: plain names are then taken as they are. */
  readonly namespaces: readonly string[] | undefined;
}

/** Whether planning needs the names of the namespaces: it then fails without them for patterns, and checks names. */
export function asksForNamespaces(selection: Selection): boolean {
  return conditionsOf(selection).some(
    (rule) => rule.includeNamespaces !== undefined || rule.excludeNamespaces !== undefined,
  );
}

/**
 * Turns a selection into what to list, on a cluster that serves these types and has these namespaces.
 *
 * Throws TYPE_UNKNOWN and TYPE_AMBIGUOUS for names of rules without a preset (a preset's unserved types are data),
 * SELECTION_EMPTY when no namespace or no type is left, USAGE for a broken label selector.
 */
export function planSelection(selection: Selection, target: SelectionTarget): SelectionPlan {
  const listable = target.types.filter((type) => type.verbs.includes('list'));
  const missingNamespaces = new Set<string>();
  const unserved = new Set<string>();
  const lenient = selection.preset !== undefined;
  const resolve = (rule: SelectionRule, isLenient: boolean): ResolvedRule => {
    const { apiVersion } = rule;
    if (apiVersion !== undefined && !target.types.some((type) => isServedAs(type, apiVersion))) {
      if (!isLenient) throw unknownType(apiVersion, [], 'the cluster');
      unserved.add(apiVersion);
    }
    return resolveRule(
      rule,
      target,
      (name) => {
        const types = target.types.filter((type) => isServedAs(type, rule.apiVersion));
        const found = findTypes(name, types);
        if (found.length > 1 && !isPattern(name)) throw ambiguousType(name, found);
        if (found.length === 0 && !isLenient) throw unknownType(name, types, 'the cluster');
        if (found.length === 0 && types.length > 0) unserved.add(plainName(name));
        return found;
      },
      missingNamespaces,
    );
  };

  const rules = selection.rules.map((rule) => resolve(rule, lenient));
  const within = selection.within === undefined ? undefined : resolve(selection.within, false);
  if (rules.every((rule) => rule.isEmpty) || within?.isEmpty === true) {
    const wanted = missingNamespaces.size === 0 ? '' : `: there is no ${[...missingNamespaces].join(', ')}`;
    throw new AppError('SELECTION_EMPTY', `the selection matches no namespace of the cluster${wanted}`, {
      hint: `'kubectl get namespaces' lists them`,
      refs: [...missingNamespaces],
    });
  }

  const types: TypePlan[] = [];
  const leftOut: LeftOut[] = [];
  for (const type of [...target.types].sort((a, b) => compareUtf8(typeName(a), typeName(b)))) {
    const selecting = rules.filter((rule) => rule.selectsType(type));
    const isWithin = within === undefined || within.selectsType(type);
    if (selecting.length > 0 && isWithin) {
      const plan = planType(type, selecting, within, target);
      if (!listable.includes(type)) leftOut.push({ type, because: 'not-listable' });
      else if (plan.namespaces?.length === 0) leftOut.push({ type, because: 'not-selected' });
      else types.push(plan);
      continue;
    }
    const noisy = wholeTypeNoise(type);
    if (noisy !== undefined) leftOut.push({ type, because: 'noise', reason: noisy.reason, source: noisy.source });
    else if (listable.includes(type)) leftOut.push({ type, because: 'not-selected' });
  }
  const related = selection.exact === true ? undefined : planRelatedNamespaces(target, types, rules, within);
  if (types.length === 0) {
    throw new AppError('SELECTION_EMPTY', 'the selection matches no resource type that the cluster serves', {
      hint: `'kubectl api-resources' lists what it serves`,
      refs: [...unserved],
    });
  }
  if (related !== undefined) types.push(related);
  types.sort((a, b) => compareUtf8(typeName(a.type), typeName(b.type)));
  return {
    types,
    leftOut: related === undefined ? leftOut : leftOut.filter(({ type }) => type !== related.type),
    unserved: [...unserved].sort(),
    definitions: selection.exact === true ? undefined : relatedDefinitions(target, types, rules, within),
    missingNamespaces: [...missingNamespaces].sort(),
  };
}

/** A rule whose names have been looked up. */
interface ResolvedRule {
  readonly rule: SelectionRule;
  /** It selects nothing: none of its namespaces exists. */
  readonly isEmpty: boolean;
  /** Sorted names to list one by one; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly selectsType: (type: ResourceType) => boolean;
}

function resolveRule(
  rule: SelectionRule,
  target: SelectionTarget,
  find: (name: string) => readonly ResourceType[],
  missing: Set<string>,
): ResolvedRule {
  if (rule.labelSelector !== undefined) parseLabelSelector(rule.labelSelector);
  const included = rule.includeResources?.map((name) => ({ name, types: find(name) }));
  const excluded = new Set(rule.excludeResources?.flatMap(find));
  const namespaces = resolveNamespaces(rule, target.namespaces, missing);
  const hasNamespaceCondition = rule.includeNamespaces !== undefined || rule.excludeNamespaces !== undefined;
  const excludeNoise = rule.excludeNoise ?? true;

  const selectsType = (type: ResourceType): boolean => {
    if (excluded.has(type) || !isServedAs(type, rule.apiVersion)) return false;
    const naming = included?.filter((entry) => entry.types.includes(type));
    if (naming?.length === 0) return false;
    const isNamed = naming?.some((entry) => !isPattern(entry.name)) === true;
    if (excludeNoise && !isNamed && wholeTypeNoise(type) !== undefined) return false;
    if (type.namespaced) return true;
    return rule.includeClusterResources ?? (isNamed || !hasNamespaceCondition);
  };
  return { rule, isEmpty: namespaces?.length === 0 && rule.includeClusterResources !== true, namespaces, selectsType };
}

/** The namespaces that a rule lists one by one; undefined for all. Names are kept where the cluster could not be asked. */
function resolveNamespaces(
  rule: SelectionRule,
  live: readonly string[] | undefined,
  missing: Set<string>,
): readonly string[] | undefined {
  if (rule.includeNamespaces === undefined) return undefined;
  const names = new Set<string>();
  for (const wanted of rule.includeNamespaces) {
    if (live === undefined) {
      if (isPattern(wanted)) {
        throw new AppError('USAGE', `namespace pattern '${wanted}' cannot be expanded: namespaces may not be listed`, {
          hint: 'name the namespaces one by one, or ask for the right to list namespaces',
        });
      }
      names.add(wanted);
      continue;
    }
    const found = live.filter((name) => matchesPattern(wanted, name));
    if (found.length === 0) missing.add(wanted);
    for (const name of found) names.add(name);
  }
  const excluded = rule.excludeNamespaces ?? [];
  return [...names].filter((name) => !matchesAny(excluded, name)).sort(compareUtf8);
}

function planType(
  type: ResourceType,
  selecting: readonly ResolvedRule[],
  within: ResolvedRule | undefined,
  target: SelectionTarget,
): TypePlan {
  const all = within === undefined ? selecting : [...selecting, within];
  const asked = (selector: 'labelSelector' | 'fieldSelector'): string[] =>
    [sharedBy(selecting, selector), within?.rule[selector]].filter((found): found is string => (found ?? '') !== '');
  const namespaces = type.namespaced ? namespacesToList(selecting, within) : undefined;
  return {
    type,
    namespaces,
    meansMost: areMost(namespaces, target),
    labelSelectors: asked('labelSelector'),
    fieldSelectors: asked('fieldSelector'),
    onlyNames: undefined,
    rules: selecting.map(({ rule }) => objectRule(rule)),
    within: within === undefined ? [] : [objectRule(within.rule)],
    noise: all.some(({ rule }) => rule.excludeNoise === false)
      ? []
      : noise.filter((row) => row.only !== undefined && matchesPattern(row.type, typeName(type))),
  };
}

/** The name that an expression stands for, where it stands for just one; a person knows it by that. */
function plainName(name: string): string {
  return /^\/\^([\w.-]+)\$\/$/.exec(name)?.[1] ?? name;
}

/** The selector that all of the rules have. */
function sharedBy(rules: readonly ResolvedRule[], selector: 'labelSelector' | 'fieldSelector'): string | undefined {
  const [first, ...others] = new Set(rules.map(({ rule }) => rule[selector]));
  return others.length === 0 ? first : undefined;
}

/** Whether the cluster serves the type in that group and version, which need not be the one that it prefers. */
function isServedAs(type: ResourceType, apiVersion: string | undefined): boolean {
  return (
    apiVersion === undefined || type.servedVersions.some((version) => apiVersionOf({ ...type, version }) === apiVersion)
  );
}

/** Union of the rules' namespaces, cut to those of `within`; undefined when both are all. */
function namespacesToList(
  selecting: readonly ResolvedRule[],
  within: ResolvedRule | undefined,
): readonly string[] | undefined {
  const some = selecting.every((rule) => rule.namespaces !== undefined);
  const union = some ? [...new Set(selecting.flatMap((rule) => rule.namespaces ?? []))].sort(compareUtf8) : undefined;
  const limit = within?.namespaces;
  if (limit === undefined) return union;
  return union === undefined ? limit : union.filter((name) => limit.includes(name));
}

function areMost(names: readonly string[] | undefined, { namespaces: live }: SelectionTarget): boolean {
  return names !== undefined && names.length > 1 && live !== undefined && 2 * names.length > live.length;
}

function objectRule(rule: SelectionRule): ObjectRule {
  return {
    ...(rule.includeNamespaces && { includeNamespaces: rule.includeNamespaces }),
    ...(rule.excludeNamespaces && { excludeNamespaces: rule.excludeNamespaces }),
    ...(rule.labelSelector !== undefined && rule.labelSelector !== '' && { labelSelector: rule.labelSelector }),
    ...(rule.fieldSelector !== undefined && rule.fieldSelector !== '' && { fieldSelector: rule.fieldSelector }),
    ...(rule.names && { names: rule.names }),
    ...(rule.excludeNames && { excludeNames: rule.excludeNames }),
  };
}

/**
 * The Namespace objects of selected namespaces, where the rules leave cluster-scoped types to us: a namespace whose
 * labels (pod security, mesh injection) are lost is not the same namespace.
 */
function planRelatedNamespaces(
  target: SelectionTarget,
  types: readonly TypePlan[],
  rules: readonly ResolvedRule[],
  within: ResolvedRule | undefined,
): TypePlan | undefined {
  const type = target.types.find((candidate) => typeName(candidate) === 'namespaces');
  if (type === undefined || types.some((plan) => plan.type === type)) return undefined;
  const bringing = rules.filter(({ rule }) => rule.includeClusterResources === undefined);
  if (bringing.length === 0 || within?.rule.includeClusterResources === false) return undefined;
  const names = namespacesToList(bringing, within);
  const isExcluded = [...rules, ...(within === undefined ? [] : [within])].some(({ rule }) =>
    rule.excludeResources?.some((name) => findTypes(name, target.types).includes(type)),
  );
  if (names === undefined || names.length === 0 || isExcluded) return undefined;
  if (!types.some((plan) => plan.type.namespaced)) return undefined;
  return { ...planWhole(type), meansMost: areMost(names, target), onlyNames: names };
}

/** A custom resource without its definition could not be restored to a cluster that does not have it. */
function relatedDefinitions(
  target: SelectionTarget,
  types: readonly TypePlan[],
  rules: readonly ResolvedRule[],
  within: ResolvedRule | undefined,
): ResourceType | undefined {
  const type = target.types.find(
    (candidate) => typeName(candidate) === 'customresourcedefinitions.apiextensions.k8s.io',
  );
  if (type === undefined || types.some((plan) => plan.type === type)) return undefined;
  const isRefused = [...rules, ...(within === undefined ? [] : [within])].some(
    ({ rule }) =>
      rule.includeClusterResources === false ||
      rule.excludeResources?.some((name) => findTypes(name, target.types).includes(type)) === true,
  );
  return isRefused ? undefined : type;
}

function wholeTypeNoise(type: ResourceType): NoiseRule | undefined {
  return noise.find((row) => row.only === undefined && matchesPattern(row.type, typeName(type)));
}

function conditionsOf(selection: Selection): readonly SelectionRule[] {
  return selection.within === undefined ? selection.rules : [...selection.rules, selection.within];
}
