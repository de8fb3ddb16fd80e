/** One step into a manifest: a member's name, an item by its key members or its place, an element of a set. */
export type PathStep =
  | string
  | { readonly key: Readonly<Record<string, unknown>> }
  | { readonly index: number }
  | { readonly element: unknown };

/** The way from the root of a manifest to a value in it. */
export type ChangePath = readonly PathStep[];

/** The path as people read it: `spec.containers[name=web].env[name=A].value`, `metadata.labels["example.com/x"]`. */
export function formatChangePath(path: ChangePath): string {
  return path.map(formatStep).join('').replace(/^\./, '');
}

function formatStep(step: PathStep): string {
  if (typeof step === 'string') return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  if ('index' in step) return `[${step.index}]`;
  if ('element' in step) return `[=${String(step.element)}]`;
  const members = Object.entries(step.key).map(([name, value]) => `${name}=${String(value)}`);
  return `[${members.join(',')}]`;
}
