import { parseExpression } from './expression.ts';

/**
 * Whether `text` matches `pattern`: in which `*` stands for any run of characters and `?` for one, or which is a regular
 * expression between slashes (`/^web-/`), unanchored, in the syntax of {@link parseExpression}.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!isPattern(pattern)) return pattern === text;
  return compilePattern(pattern).test(text);
}

/** Whether any of the patterns matches; false for an empty list. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, text));
}

/** Whether the text holds `*` or `?`, or is an expression: no Kubernetes name that we match may hold such characters. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text) || isExpression(text);
}

/** Whether the pattern is a regular expression: it stands between slashes. */
export function isExpression(pattern: string): boolean {
  return pattern.length > 1 && pattern.startsWith('/') && pattern.endsWith('/');
}

const compiled = new Map<string, RegExp>();

function compilePattern(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = isExpression(pattern) ? parseExpression(pattern.slice(1, -1)) : parseGlob(pattern);
    compiled.set(pattern, expression);
  }
  return expression;
}

function parseGlob(pattern: string): RegExp {
  // Runs of stars are one star: `***` must not make the expression backtrack.
  const source = pattern.replace(/\*+/g, '*').replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${source.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'su');
}
