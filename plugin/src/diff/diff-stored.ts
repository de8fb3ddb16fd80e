import {
  AppError,
  diffBackups,
  formatRef,
  refKey,
  selectStored,
  type Backup,
  type RestoreRequest,
  type StoredSelection,
} from '@infrabackup/core';
import type { Shell } from '../shell.ts';
import type { DiffPrinter } from './diff-item.ts';

/** What to compare of two backups. */
export interface StoredDiffRequest extends RestoreRequest {
  readonly before: Backup;
  readonly after: Backup;
  readonly status: boolean;
}

/** Prints what differs between two backups; true when anything does. */
export async function diffStored(request: StoredDiffRequest, printer: DiffPrinter, shell: Shell): Promise<boolean> {
  const { before, after, status } = request;
  const counts = { added: 0, removed: 0, changed: 0 };
  const selection = await selectionOf(request);
  for await (const difference of diffBackups(before, after, { selection, status, signal: shell.signal })) {
    counts[difference.verdict] += 1;
    await printer.add({ ...difference, differs: true, notes: [] });
  }
  await printer.end({ counts, data: { before: sideOf(before), after: sideOf(after) } });
  return counts.added + counts.removed + counts.changed > 0;
}

async function selectionOf(request: StoredDiffRequest): Promise<StoredSelection | undefined> {
  const { before, after, objects, selection } = request;
  if (objects === undefined) return selection && selectStored(selection, [before.header, after.header]);
  for (const ref of objects) {
    if ((await before.find(ref)) ?? (await after.find(ref))) continue;
    const names = `${before.header.name} nor ${after.header.name}`;
    throw new AppError('OBJECT_NOT_FOUND', `neither ${names} has ${formatRef(ref)}`, { refs: [formatRef(ref)] });
  }
  const wanted = new Set(objects.map(refKey));
  return {
    types: [...new Set(objects.map(({ type }) => type))],
    includes: (ref) => wanted.has(refKey(ref)),
    asksLabels: () => false,
    matches: () => true,
  };
}

function sideOf({ header }: Backup): object {
  return { backup: header.name, startedAt: header.startedAt, cluster: header.cluster };
}
