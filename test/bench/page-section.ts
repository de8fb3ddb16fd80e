/** The heading under which `npm run test:peers` keeps its table, which `npm run bench` leaves as it is. */
export const peersTitle = "The same 10,000 objects, beside Velero and Rancher's operator";

/** A page of Markdown with this content under the heading: in the place of what stood there, or else at its end. */
export function replaceSection(page: string, title: string, content: string): string {
  const section = `## ${title}\n\n${content.trim()}\n`;
  const before = readSection(page, title);
  return before === '' ? `${page.trimEnd()}\n\n${section}` : page.replace(before, () => section);
}

/** The heading and what stands under it; empty where there is none. */
export function readSection(page: string, title: string): string {
  const lines = page.trimEnd().split('\n');
  const start = lines.indexOf(`## ${title}`);
  if (start < 0) return '';
  const next = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  return `${lines
    .slice(start, next < 0 ? undefined : next)
    .join('\n')
    .trimEnd()}\n`;
}
