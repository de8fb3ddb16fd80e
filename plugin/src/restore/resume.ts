import { AppError, openKept, type Backup, type Outcome, type RunRecord } from '@infrabackup/core';
import { openLocation } from '../open-location.ts';
import type { Shell } from '../shell.ts';
import { carryOut, type CarryOutInput } from './carry-out.ts';
import { openBackupOf, openRuns } from './open-runs.ts';

/** Goes on with a run that was cut off, a restore or an undo. Throws USAGE for one that is finished. */
export async function resume(
  { id, ...input }: Pick<CarryOutInput, 'connection' | 'output'> & { readonly id: string },
  shell: Shell,
): Promise<Outcome> {
  const runs = await openRuns(shell);
  const record = await runs.read(id);
  if (record.records.some(({ kind }) => kind === 'finished')) {
    throw new AppError('USAGE', `${record.head.kind} ${id} is finished: there is nothing to go on with`, {
      hint: `see what it did: kubectl infrabackup restores describe ${id}`,
    });
  }
  const backup = await sourceOf(record, shell);
  await using run = await runs.open(id);
  return await carryOut({ ...input, run, backup }, shell);
}

/** What a run takes its objects from: a restore from its backup, an undo from what was kept. */
async function sourceOf(record: RunRecord, shell: Shell): Promise<Backup | undefined> {
  const { kind, undoes } = record.head;
  if (kind === 'restore') return await openBackupOf(record, shell);
  const undone = await (await openRuns(shell)).read(undoes!);
  return await openKept(undone, { openStore: (uri) => openLocation(uri, shell), signal: shell.signal });
}
