import { shellWord } from '@infrabackup/core';
import type { FlagTable } from './flag.ts';

/** Where backups are looked for. */
export const fromFlag = {
  from: {
    kind: 'string',
    describe: 'Where to look: the name of a location, a URI or a folder; the default location when left out',
    completes: 'location',
  },
} as const satisfies FlagTable;

/** What a hint must add so that its command writes to the same place. */
export function toSuffix(to: string | undefined): string {
  return to === undefined ? '' : ` --to ${shellWord(to)}`;
}

/** What a hint must add so that its command looks in the same place. */
export function fromSuffix(from: string | undefined): string {
  return from === undefined ? '' : ` --from ${shellWord(from)}`;
}
