import type { RawObject } from '../object/raw-object.ts';
import type { ObjectRef } from '../object/ref.ts';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import { matchesLabels, parseLabelSelector, type LabelRequirement } from './label-selector.ts';
import { matchesAny } from './pattern.ts';
import type { ObjectRule, TypePlan } from './plan-selection.ts';

/** Whether an object lies in one of the namespaces that a plan lists, and has one of the names that it is limited to. */
export function placement({
  namespaces,
  onlyNames,
}: Pick<TypePlan, 'namespaces' | 'onlyNames'>): (ref: Pick<ObjectRef, 'namespace' | 'name'>) => boolean {
  const places = namespaces && new Set(namespaces);
  const names = onlyNames && new Set(onlyNames);
  return ({ namespace, name }) =>
    (namespace === undefined || places?.has(namespace) !== false) && names?.has(name) !== false;
}

/**
 * The question that is left to ask each object of a listed type: is it selected, and no noise?
 *
 * Undefined when the server's filters already answer it for all, which is the usual case.
 */
export function objectFilter(plan: TypePlan): ((object: RawObject) => boolean) | undefined {
  const rules = plan.rules.map((rule) => residue(rule, plan));
  const within = plan.within.map((rule) => residue(rule, plan)).filter((test) => test !== undefined);
  const open = rules.includes(undefined);
  if (open && within.length === 0 && plan.noise.length === 0) return undefined;
  return (object) =>
    (open || rules.some((test) => test?.(object) === true)) &&
    within.every((test) => test(object)) &&
    !plan.noise.some((row) => row.only?.(object) === true);
}

/** What of a rule the requests do not already make sure of; undefined: nothing. */
function residue(rule: ObjectRule, plan: TypePlan): ((object: RawObject) => boolean) | undefined {
  const tests: ((object: RawObject) => boolean)[] = [];
  const { includeNamespaces, excludeNamespaces, labelSelector, fieldSelector, names, excludeNames } = rule;
  if (plan.type.namespaced && includeNamespaces !== undefined && plan.rules.length + plan.within.length > 1) {
    tests.push((object) => matchesAny(includeNamespaces, object.namespace ?? ''));
  }
  if (plan.type.namespaced && excludeNamespaces !== undefined) {
    tests.push((object) => !matchesAny(excludeNamespaces, object.namespace ?? ''));
  }
  if (labelSelector !== undefined && !plan.labelSelectors.includes(labelSelector)) {
    const requirements: readonly LabelRequirement[] = parseLabelSelector(labelSelector);
    tests.push((object) => matchesLabels(requirements, object.labels()));
  }
  if (fieldSelector !== undefined && !plan.fieldSelectors.includes(fieldSelector)) {
    const requirements = parseFieldSelector(fieldSelector);
    tests.push((object) => matchesFields(requirements, object));
  }
  if (names !== undefined) tests.push((object) => matchesAny(names, object.name));
  if (excludeNames !== undefined) tests.push((object) => !matchesAny(excludeNames, object.name));
  return tests.length === 0 ? undefined : (object) => tests.every((test) => test(object));
}
