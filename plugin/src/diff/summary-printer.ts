import { compareManifests, formatRef, summarizeChanges } from '@infrabackup/core';
import { countsLine } from './counts-line.ts';
import { formatCount } from '../render/quantity.ts';
import { renderTable } from '../render/table.ts';
import type { Shell } from '../shell.ts';
import type { DiffFrame, DiffItem, DiffPrinter } from './diff-item.ts';

/** A line for each object that differs; the others counted by their reason. */
export function summaryPrinter({ status }: DiffFrame, noHeaders: boolean, shell: Shell): DiffPrinter {
  const rows: string[][] = [];
  const others = new Map<string, { readonly verdict: string; readonly why: string; count: number }>();
  return {
    add(item) {
      if (item.differs) rows.push([item.verdict, formatRef(item.ref), describe(item, status)]);
      else {
        const why = item.reason?.text ?? '';
        const key = `${item.verdict} ${item.ref.type} ${why}`;
        const group = others.get(key) ?? {
          verdict: item.verdict,
          why: [item.ref.type, why].filter(Boolean).join(': '),
          count: 0,
        };
        others.set(key, { ...group, count: group.count + 1 });
      }
      return Promise.resolve();
    },
    async end({ counts }) {
      const groups = [...others.values()].map(({ verdict, why, count }) => [
        verdict,
        formatCount(count, 'object'),
        why,
      ]);
      const lines = [...rows, ...groups];
      const head = noHeaders || lines.length === 0 ? [] : [['VERDICT', 'OBJECT', 'WHAT']];
      await shell.out.write(renderTable([...head, ...lines]));
      await shell.err.write(countsLine(counts));
    },
  };
}

function describe(item: DiffItem, status: boolean): string {
  if (item.reason !== undefined) return item.reason.text;
  const changes =
    item.before === undefined || item.after === undefined
      ? []
      : compareManifests(item.before, item.after, { status, crd: item.crd });
  return [summarizeChanges(changes), ...item.notes.map(({ text }) => text)].filter((part) => part !== '').join('; ');
}
