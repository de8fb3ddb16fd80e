import { AppError, type Outcome } from '@infrabackup/core';
import { readKeys, type KeyFlagValues } from '../flags/encryption-flags.ts';
import type { Shell } from '../shell.ts';
import { carryOut, type CarryOutInput } from './carry-out.ts';
import { openRuns, userRuns } from './open-runs.ts';

/** Which run, and what it is gone on with. */
export interface ResumeInput extends Pick<CarryOutInput, 'connection' | 'output'> {
  readonly id: string;
  readonly keyFlags: KeyFlagValues;
}

/** Goes on with a run that was cut off, a restore or an undo. Throws USAGE for one that is finished. */
export async function resume({ id, keyFlags, ...input }: ResumeInput, shell: Shell): Promise<Outcome> {
  const record = await (await openRuns(shell)).read(id);
  if (record.records.some(({ kind }) => kind === 'finished')) {
    throw new AppError('USAGE', `${record.head.kind} ${id} is finished: there is nothing to go on with`, {
      hint: `see what it did: kubectl infrabackup restores describe ${id}`,
    });
  }
  const keys = await readKeys(keyFlags, record.head.location, shell);
  const runs = await userRuns(shell, keys);
  const backup = await runs.openSource(record, shell.signal);
  await using run = await runs.store.open(id);
  return await carryOut({ ...input, keys, run, backup }, shell);
}
