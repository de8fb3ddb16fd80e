import { formatNumber } from '../render/quantity.ts';

/** The verdicts with how many objects have them, on a line; those of no object are left out, and so is an empty line. */
export function countsLine(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const texts = parts.map(([verdict, count]) => `${formatNumber(count)} ${verdict}`);
  return texts.length === 0 ? '' : `${texts.join(', ')}\n`;
}
