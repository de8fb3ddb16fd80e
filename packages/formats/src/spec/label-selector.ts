import { AppError, matchExpression, parseLabelSelector, type LabelRequirement } from '@infrabackup/core';
import type { Fields } from '../fields.ts';

/**
 * The selector that a map of labels means, as `kubectl -l` takes it. Throws USAGE for what is no label.
 */
export function selectorOfLabels(labels: Readonly<Record<string, string>>, where: string): string {
  const text = Object.entries(labels)
    .map(([key, value]) => {
      if (!isLabel(key, value)) {
        throw new AppError('USAGE', `${where}: ${JSON.stringify(`${key}=${value}`)} is not a label`);
      }
      return `${key}=${value}`;
    })
    .join(',');
  return text;
}

/**
 * The selector that a Kubernetes `LabelSelector` means, as `kubectl -l` takes it; undefined where it asks nothing.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
 */
export function readLabelSelector(fields: Fields | undefined): string | undefined {
  if (fields === undefined) return undefined;
  const labels = selectorOfLabels(fields.textMap('matchLabels') ?? {}, fields.where);
  const conditions = (fields.maps('matchExpressions') ?? []).map(readRequirement);
  fields.end();
  const text = [labels, ...conditions].filter((condition) => condition !== '').join(',');
  if (text === '') return undefined;
  try {
    parseLabelSelector(text);
  } catch (cause) {
    throw new AppError('USAGE', `${fields.where}: ${(cause as Error).message}`, { cause });
  }
  return text;
}

function readRequirement(fields: Fields): string {
  const key = fields.text('key') ?? '';
  const operator = fields.text('operator') ?? '';
  const values = fields.texts('values') ?? [];
  fields.end();
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      throw new AppError('USAGE', `${fields.where}.operator is not In, NotIn, Exists or DoesNotExist`);
  }
}

/** A selector as Kubernetes' `LabelSelector`; undefined where it has conditions that one cannot have (`>`, `<`). */
export function formatLabelSelector(selector: string): object | undefined {
  const requirements = parseLabelSelector(selector);
  const matchLabels: Record<string, string> = {};
  const matchExpressions: object[] = [];
  for (const requirement of requirements) {
    const single = singleValue(requirement);
    if (single !== undefined && !Object.hasOwn(matchLabels, requirement.key)) matchLabels[requirement.key] = single;
    else {
      const expression = matchExpression(requirement);
      if (expression === undefined) return undefined;
      matchExpressions.push(expression);
    }
  }
  return {
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
}

/** The labels that a selector asks for, where that is all that it does. */
export function labelsOfSelector(selector: string): Readonly<Record<string, string>> | undefined {
  const pairs = parseLabelSelector(selector).map((requirement) => [requirement.key, singleValue(requirement)] as const);
  const isPlain =
    pairs.every(([, value]) => value !== undefined) && new Set(pairs.map(([key]) => key)).size === pairs.length;
  return isPlain ? Object.fromEntries(pairs as (readonly [string, string])[]) : undefined;
}

function singleValue(requirement: LabelRequirement): string | undefined {
  return requirement.operator === 'in' && requirement.values.length === 1 ? requirement.values[0] : undefined;
}

/** Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function isLabel(key: string, value: string): boolean {
  const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
  const [last = '', prefix] = key.split('/').reverse();
  return (
    key.split('/').length <= 2 &&
    name.test(last) &&
    (prefix === undefined || /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(prefix)) &&
    (value === '' || name.test(value))
  );
}
