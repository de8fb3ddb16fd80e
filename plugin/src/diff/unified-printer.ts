import { formatRef, formatTextDiff } from '@infrabackup/core';
import { paintDiff } from '../render/diff-lines.ts';
import { gatherLines } from '../render/gathered-lines.ts';
import type { Shell } from '../shell.ts';
import { countsLine } from './counts-line.ts';
import type { DiffFrame, DiffItem, DiffPrinter } from './diff-item.ts';
import { textDiffAside } from './text-diff-aside.ts';

/** Every object that is written line by line as soon as it is known, then the others that differ, with why. */
export function unifiedPrinter({ before, after, status }: DiffFrame, shell: Shell): DiffPrinter {
  const unwritten: string[] = [];
  const lines = gatherLines(shell.out, shell.clock);
  return {
    async add(item) {
      if (shell.out.isClosed || !item.differs) return;
      if (item.reason !== undefined) {
        unwritten.push(`# ${item.verdict} ${formatRef(item.ref)}: ${item.reason.text}`);
        return;
      }
      await lines.write(paintDiff(await linesOf(item, { before, after, status }, shell.signal), shell.out));
    },
    async end({ counts }) {
      await lines.write(paintDiff(unwritten, shell.out));
      await lines.flush();
      await shell.err.write(countsLine(counts));
    },
    close: () => lines.flush(),
  };
}

async function linesOf(
  item: DiffItem,
  { before, after, status }: DiffFrame,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const title = `${item.verdict} ${formatRef(item.ref)}`;
  const notes = item.notes.map(({ text }) => `# ${text}`);
  const diff = await textDiffAside(item.before, item.after, { status, crd: item.crd }, signal);
  const [head, ...rest] = formatTextDiff(diff, {
    title,
    before: item.before === undefined ? '/dev/null' : before,
    after: item.after === undefined ? '/dev/null' : after,
  });
  if (head === undefined) return [`diff ${title}`, ...notes, '# differs only in what is not shown'];
  return [head, ...notes, ...rest];
}
