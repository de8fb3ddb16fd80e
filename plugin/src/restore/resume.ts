import { AppError, type Outcome } from '@infrabackup/core';
import type { Shell } from '../shell.ts';
import { carryOut, type CarryOutInput } from './carry-out.ts';
import { userRuns } from './open-runs.ts';

/** Goes on with a run that was cut off, a restore or an undo. Throws USAGE for one that is finished. */
export async function resume(
  { id, ...input }: Pick<CarryOutInput, 'connection' | 'keys' | 'output'> & { readonly id: string },
  shell: Shell,
): Promise<Outcome> {
  const runs = await userRuns(shell, input.keys);
  const record = await runs.store.read(id);
  if (record.records.some(({ kind }) => kind === 'finished')) {
    throw new AppError('USAGE', `${record.head.kind} ${id} is finished: there is nothing to go on with`, {
      hint: `see what it did: kubectl infrabackup restores describe ${id}`,
    });
  }
  const backup = await runs.openSource(record, shell.signal);
  await using run = await runs.store.open(id);
  return await carryOut({ ...input, run, backup }, shell);
}
