/** The values that a path finds in an object, in its order; empty when it finds none. */
export type JsonPath = (root: unknown) => readonly unknown[];

/**
 * Compiles a printer column's path; undefined when it is none. Paths come out of archives: they are walked, never run.
 *
 * What CRDs use of kubectl's JSONPath is understood: `.a.b`, `.a\.b`, `['a']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`,
 * `..a`, `[?(@.type=="Ready")]` with `== != < <= > >=`, and a filter for what exists. What is not there is left out.
 *
 * Source: https://github.com/kubernetes/client-go/blob/v0.36.3/util/jsonpath/jsonpath.go
 */
export function compileJsonPath(path: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = path.trim().replace(/^[$@]/, '');
  // Each descent multiplies what the one before has found.
  if (rest.split('..').length > 2) return undefined;
  while (rest !== '') {
    const found = readStep(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return (root) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [root]);
}

/** What one value leads to. */
type Step = (value: unknown) => readonly unknown[];

interface Found {
  readonly step: Step;
  readonly length: number;
}

const shapes: readonly (readonly [RegExp, (match: RegExpExecArray) => Step | undefined])[] = [
  [/^\.\.(?=[\w*[])/, () => (value) => descend(value)],
  [/^\.?\*/, () => wildcard],
  [/^\.?((?:\\.|[^.,[\]$@{}\s\\])+)/, (match) => member(match[1]!.replaceAll('\\', ''))],
  [/^\.$/, () => (value) => [value]],
  [/^\[\*\]/, () => wildcard],
  [/^\['((?:[^'])*)'\]/, (match) => member(match[1]!.replaceAll('\\', ''))],
  [/^\[(-?\d*)(?::(-?\d*))?(?::(\d*))?\]/, slice],
  [/^\[\?\((.*?)\)\]/, filter],
];

function readStep(text: string): Found | undefined {
  for (const [shape, make] of shapes) {
    const match = shape.exec(text);
    const step = match === null ? undefined : make(match);
    if (match !== null && step !== undefined) return { step, length: match[0].length };
  }
  return undefined;
}

function member(name: string): Step {
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function wildcard(value: unknown): readonly unknown[] {
  return isObject(value) || Array.isArray(value) ? Object.values(value) : [];
}

/** No object of Kubernetes' own is nested so deep; one that is must not overflow the stack. */
const deepest = 100;

/** The value itself and all that is in it. */
function descend(value: unknown, depth = 0): readonly unknown[] {
  const inner = depth === deepest ? [] : wildcard(value);
  return inner.length === 0 ? [] : [value, ...inner.flatMap((next) => descend(next, depth + 1))];
}

function slice(match: RegExpExecArray): Step | undefined {
  const [whole, from = '', to, step] = match;
  if (whole === '[]') return undefined;
  const by = Math.max(1, Number(step ?? 1));
  return (value) => {
    if (!Array.isArray(value)) return [];
    const list = value as readonly unknown[];
    if (!whole.includes(':')) return list.slice(Number(from), Number(from) === -1 ? undefined : Number(from) + 1);
    return list.slice(Number(from || 0), (to ?? '') === '' ? undefined : Number(to)).filter((_, at) => at % by === 0);
  };
}

const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/;

function filter(match: RegExpExecArray): Step | undefined {
  const [, left = match[1]!, operator, right = ''] = comparison.exec(match[1]!) ?? [];
  const path = compileJsonPath(left);
  if (path === undefined) return undefined;
  const compare = operator === undefined ? undefined : operators[operator];
  if (operator !== undefined && compare === undefined) return undefined;
  const operand = compileOperand(right.trim());
  return (value) => {
    if (!Array.isArray(value)) return [];
    return (value as readonly unknown[]).filter((item) => {
      const found = path(item);
      if (compare === undefined) return found.length > 0;
      const wanted = operand(item);
      return found.length === 1 && wanted.length === 1 && compare(found[0], wanted[0]);
    });
  };
}

const operators: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
};

/** NaN, which compares with nothing, for values of different types. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : a < b ? -1 : 1;
  return NaN;
}

function compileOperand(text: string): JsonPath {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted !== null) return () => [quoted[2]!.replaceAll(/\\(.)/gs, '$1')];
  if (text === 'true' || text === 'false') return () => [text === 'true'];
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return () => [Number(text)];
  return compileJsonPath(text) ?? (() => []);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
