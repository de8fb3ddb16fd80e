/** Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!isPattern(pattern)) return pattern === text;
  return compilePattern(pattern).test(text);
}

/** Whether any of the patterns matches; false for an empty list. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, text));
}

/** Whether the text holds `*` or `?`, neither of which any Kubernetes name that we match may hold. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

const compiled = new Map<string, RegExp>();

function compilePattern(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    // Runs of stars are one star: `***` must not make the expression backtrack.
    const source = pattern.replace(/\*+/g, '*').replace(/[\\^$.|+()[\]{}]/g, '\\$&');
    expression = new RegExp(`^${source.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'su');
    compiled.set(pattern, expression);
  }
  return expression;
}
