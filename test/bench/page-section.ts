import { resolve } from 'node:path';

/** Where what was measured is kept, a section a benchmark. */
export const pagePath = resolve(import.meta.dirname, '../../docs/benchmarks.md');

/** A page of Markdown with this content under the heading: in the place of what stood there, or else at its end. */
export function replaceSection(page: string, title: string, content: string): string {
  const lines = page.trimEnd().split('\n');
  const found = lines.indexOf(`## ${title}`);
  const start = found < 0 ? lines.length : found;
  const next = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  const after = next < 0 ? [] : lines.slice(next);
  const before = lines.slice(0, start).join('\n').trimEnd();
  return `${[before, `## ${title}`, content.trim(), ...(after.length > 0 ? [after.join('\n')] : [])].join('\n\n')}\n`;
}
