import {
  apiVersionOf,
  AppError,
  isExpression,
  isPattern,
  type BackupPlan,
  type JsonObject,
  type SelectionRule,
  type TypePlan,
} from '@infrabackup/core';
import type { BackupSpec } from './backup-spec.ts';
import type { FormattedSpec } from './formatted-spec.ts';
import { formatLabelSelector } from './label-selector.ts';

/** One selector of a ResourceSet. Source: https://github.com/rancher/backup-restore-operator (pkg/apis) */
interface ResourceSelector {
  readonly apiVersion: string;
  kinds?: string[];
  readonly kindsRegexp?: string;
  readonly [member: string]: unknown;
}

/** A specification as a ResourceSet of Rancher's operator. `plan` is needed unless each rule names an apiVersion. */
export function formatResourceSet(spec: BackupSpec, plan: BackupPlan | undefined): FormattedSpec {
  const { rules, within, scaleDown = [], exact } = spec.selection;
  const lost = new Set<string>(
    exact === true ? [] : ['what comes along by itself: Namespaces, definitions of custom resources'],
  );
  if (spec.schedule !== undefined) lost.add('schedule');
  if (spec.ttlMs !== undefined) lost.add('ttl');
  const isDirect = within === undefined && rules.every((rule) => rule.apiVersion !== undefined);
  const selectors = isDirect
    ? rules.map((rule) => selectorOfRule(rule, lost))
    : selectorsOfPlan(plan ?? needsCluster(spec.name), lost);
  const controllerReferences = scaleDown.map(({ type, namespace, name }) => {
    const [resource = '', ...group] = type.split('.');
    const apiVersion = group.length === 0 ? 'v1' : `${group.join('.')}/v1`;
    return { apiVersion, resource, ...(namespace !== undefined && { namespace }), name };
  });
  const document = {
    apiVersion: 'resources.cattle.io/v1',
    kind: 'ResourceSet',
    metadata: { name: spec.name.replaceAll(/[^a-z0-9.-]+/g, '-') },
    resourceSelectors: selectors as unknown as JsonObject[],
    ...(controllerReferences.length > 0 && { controllerReferences }),
  };
  return { documents: [document], lost: [...lost] };
}

function needsCluster(name: string): never {
  throw new AppError('USAGE', `${name} does not say in which version each type is served, which a ResourceSet has to`, {
    hint: 'let a cluster tell: name one with --context',
  });
}

/** The rule that `readResourceSet` makes of one selector, or of a part of one, as a selector. */
function selectorOfRule(rule: SelectionRule, lost: Set<string>): ResourceSelector {
  const types = partsOf(rule.includeResources);
  const excluded = partsOf(rule.excludeResources);
  if (excluded.expressions.length > 0) lost.add('excludeResources by expression');
  if (types.plain.length > 0 && excluded.plain.length > 0) lost.add('excludeResources beside includeResources');
  return {
    apiVersion: rule.apiVersion!,
    ...(types.plain.length > 0 && { kinds: [...types.plain] }),
    ...(types.expressions.length > 0 && { kindsRegexp: either(types.expressions) }),
    ...(types.plain.length + types.expressions.length === 0 && excluded.plain.length > 0 && { kindsRegexp: '.' }),
    ...(excluded.plain.length > 0 && { excludeKinds: excluded.plain }),
    ...objectConditions(rule, lost),
  };
}

/** One selector for the types of a version that are asked for alike. */
function selectorsOfPlan(plan: BackupPlan, lost: Set<string>): readonly ResourceSelector[] {
  const found = new Map<string, ResourceSelector>();
  for (const typePlan of plan.types) {
    if (typePlan.within.length > 0) lost.add('what narrows the whole selection (within)');
    for (const conditions of conditionsOf(typePlan, lost)) {
      const apiVersion = apiVersionOf(typePlan.type);
      const key = JSON.stringify([apiVersion, conditions]);
      const selector = found.get(key) ?? { apiVersion, kinds: [], ...conditions };
      selector.kinds?.push(typePlan.type.kind);
      found.set(key, selector);
    }
  }
  return [...found.values()];
}

function conditionsOf(plan: TypePlan, lost: Set<string>): readonly object[] {
  if (plan.onlyNames !== undefined) return [{ resourceNames: plan.onlyNames }];
  return plan.rules.map((rule) => {
    const namespaces = plan.type.namespaced ? plan.namespaces : undefined;
    const { includeNamespaces: _asked, ...rest } = rule;
    return objectConditions({ ...rest, ...(namespaces !== undefined && { includeNamespaces: namespaces }) }, lost);
  });
}

function objectConditions(rule: SelectionRule, lost: Set<string>): Record<string, unknown> {
  const namespaces = partsOf(rule.includeNamespaces);
  const names = partsOf(rule.names);
  const excluded = rule.excludeNames?.map(expressionOf) ?? [];
  if (rule.excludeNamespaces !== undefined) lost.add('excludeNamespaces');
  if (names.plain.length > 0 && excluded.length > 0) lost.add('excludeNames beside names');
  const labels = rule.labelSelector === undefined ? undefined : formatLabelSelector(rule.labelSelector);
  if (rule.labelSelector !== undefined && labels === undefined) lost.add('labelSelector');
  const fields = (rule.fieldSelector ?? '').split(',').filter((part) => part !== '');
  if (fields.some((field) => field.includes('!='))) lost.add('fieldSelector');
  return {
    ...(namespaces.plain.length > 0 && { namespaces: namespaces.plain }),
    ...(namespaces.expressions.length > 0 && { namespaceRegexp: either(namespaces.expressions) }),
    ...(names.plain.length > 0 && { resourceNames: names.plain }),
    ...(names.expressions.length > 0 && { resourceNameRegexp: either(names.expressions) }),
    ...(excluded.length > 0 && { excludeResourceNameRegexp: either(excluded) }),
    ...(labels !== undefined && { labelSelectors: labels }),
    ...(fields.length > 0 && { fieldSelectors: Object.fromEntries(fields.map((field) => field.split(/==?/, 2))) }),
  };
}

/** Names as they are, and patterns as expressions. */
function partsOf(names: readonly string[] | undefined): { readonly plain: string[]; readonly expressions: string[] } {
  const plain: string[] = [];
  const expressions: string[] = [];
  for (const name of names ?? []) {
    const exactly = /^\/\^([\w-]+)\$\/$/.exec(name)?.[1];
    if (exactly !== undefined) plain.push(exactly);
    else if (isPattern(name)) expressions.push(expressionOf(name));
    else plain.push(name);
  }
  return { plain, expressions };
}

function expressionOf(name: string): string {
  if (isExpression(name)) return name.slice(1, -1);
  return `^${name.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`;
}

function either(expressions: readonly string[]): string {
  return expressions.length === 1 ? expressions[0]! : expressions.map((expression) => `(${expression})`).join('|');
}
