import { AppError } from '../errors/app-error.ts';

/**
 * One condition on an object's labels; conditions are joined by and.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export type LabelRequirement =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'above' | 'below'; readonly value: number };

/** Tokens: names and values, the operators, brackets and commas. */
const token = /\s*(?:(?<word>[^\s,()=!<>]+)|(?<sign>==|!=|[=!,()<>]))/gy;

/** The part after the prefix of a label's key, and a label's value: empty, or bounded by alphanumerics. */
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelPrefix = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * The conditions of a selector as `kubectl -l` takes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
 *
 * An empty text has no conditions and selects everything. Throws USAGE that points at the column.
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;

  const fail = (expected: string): never => {
    const found = tokens[at];
    const place = found === undefined ? 'at its end' : `at column ${found.column} ('${found.text}')`;
    throw new AppError('USAGE', `label selector '${text}': expected ${expected} ${place}`, {
      hint: "write it as kubectl takes it, for example -l 'app=web,tier in (front,back),!canary'",
    });
  };
  const sign = (expected: string): boolean => tokens[at]?.text === expected && !tokens[at]!.isWord;
  const take = (expected: string): boolean => {
    if (!sign(expected)) return false;
    at++;
    return true;
  };
  const word = (what: string, valid: (text: string) => boolean): string => {
    const found = tokens[at];
    if (found === undefined || !found.isWord || !valid(found.text)) return fail(what);
    at++;
    return found.text;
  };
  const key = (): string => word('a label key', isLabelKey);
  /** A value may be left out: `a=` selects objects whose label is empty. */
  const value = (): string => (tokens[at]?.isWord === true ? word('a label value', isLabelValue) : '');
  const values = (): string[] => {
    if (!take('(')) return fail("'('");
    const list: string[] = [];
    do list.push(value());
    while (take(','));
    if (!take(')')) return fail("',' or ')'");
    return list;
  };

  while (at < tokens.length) {
    if (requirements.length > 0 && !take(',')) fail("','");
    if (take('!')) {
      requirements.push({ key: key(), operator: 'absent' });
      continue;
    }
    const name = key();
    if (take('=') || take('==')) requirements.push({ key: name, operator: 'in', values: [value()] });
    else if (take('!=')) requirements.push({ key: name, operator: 'notin', values: [value()] });
    else if (sign('<') || sign('>')) {
      const operator = take('>') ? 'above' : (at++, 'below');
      const bound = word('a whole number', (found) => /^-?\d+$/.test(found));
      requirements.push({ key: name, operator, value: Number(bound) });
    } else if (tokens[at]?.isWord === true && (tokens[at]!.text === 'in' || tokens[at]!.text === 'notin')) {
      const operator = tokens[at]!.text as 'in' | 'notin';
      at++;
      requirements.push({ key: name, operator, values: values() });
    } else requirements.push({ key: name, operator: 'exists' });
  }
  return requirements;
}

/** Whether the labels meet every condition. `notin` and `!=` also hold where the label is absent. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every((requirement) => {
    const found = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    switch (requirement.operator) {
      case 'in':
        return found !== undefined && requirement.values.includes(found);
      case 'notin':
        return found === undefined || !requirement.values.includes(found);
      case 'exists':
        return found !== undefined;
      case 'absent':
        return found === undefined;
      case 'above':
        return found !== undefined && /^-?\d+$/.test(found) && Number(found) > requirement.value;
      case 'below':
        return found !== undefined && /^-?\d+$/.test(found) && Number(found) < requirement.value;
    }
  });
}

interface Token {
  readonly text: string;
  readonly isWord: boolean;
  /** From 1. */
  readonly column: number;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const found = match.groups!['word'] ?? match.groups!['sign']!;
    const isWord = match.groups!['word'] !== undefined;
    tokens.push({ text: found, isWord, column: match.index + match[0].length - found.length + 1 });
  }
  return tokens;
}

function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/');
  return slash === -1
    ? labelName.test(text)
    : labelPrefix.test(text.slice(0, slash)) && labelName.test(text.slice(slash + 1));
}

function isLabelValue(text: string): boolean {
  return labelName.test(text);
}

/**
 * The requirement as an entry of `matchExpressions` in a manifest; undefined for comparisons of numbers, which have no
 * word there.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
 */
export function matchExpression(requirement: LabelRequirement): object | undefined {
  const { key, operator } = requirement;
  switch (operator) {
    case 'in':
      return { key, operator: 'In', values: requirement.values };
    case 'notin':
      return { key, operator: 'NotIn', values: requirement.values };
    case 'exists':
      return { key, operator: 'Exists' };
    case 'absent':
      return { key, operator: 'DoesNotExist' };
    case 'above':
    case 'below':
      return undefined;
  }
}
