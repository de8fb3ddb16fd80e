import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Where what was measured is kept, a section a benchmark. */
const page = resolve(import.meta.dirname, '../../docs/benchmarks.md');

/** Puts a table under the heading, below what says how it was measured: in the place of what stood there, or at the end. */
export async function writeSection(title: string, how: string, table: string): Promise<void> {
  const said = `Measured by ${how}`;
  await writeFile(page, replaceSection(await readFile(page, 'utf8'), title, `${said}\n\n${table}`));
}

function replaceSection(text: string, title: string, content: string): string {
  const lines = text.trimEnd().split('\n');
  const found = lines.indexOf(`## ${title}`);
  const start = found < 0 ? lines.length : found;
  const next = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  const after = next < 0 ? [] : lines.slice(next);
  const before = lines.slice(0, start).join('\n').trimEnd();
  return `${[before, `## ${title}`, content.trim(), ...(after.length > 0 ? [after.join('\n')] : [])].join('\n\n')}\n`;
}
