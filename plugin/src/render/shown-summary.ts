import type { BackupSummary } from '@infrabackup/core';

/** The summary as programs get it: all but the directory of the index, which only readers of the archive need. */
export function shownSummary(summary: BackupSummary): object {
  const { blocks, ...index } = summary.index;
  return { ...summary, index: { ...index, blockCount: blocks.length } };
}

/** How many objects a backup holds, and of how many types. */
export function countsOf({ types }: Pick<BackupSummary, 'types'>): {
  readonly objects: number;
  readonly types: number;
} {
  return {
    objects: types.reduce((sum, { count }) => sum + count, 0),
    types: types.filter(({ count }) => count > 0).length,
  };
}
