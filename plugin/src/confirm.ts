import { AppError, throwIfCancelled } from '@infrabackup/core';
import type { Shell } from './shell.ts';

/**
 * Asks the person at the terminal; returns when they say yes, or `--yes` was given.
 *
 * Throws CONFIRMATION_NEEDED where there is nobody to ask, with the command that needs no answer; CANCELLED when the
 * answer is anything but yes.
 */
export async function confirm(
  question: string,
  yes: boolean | undefined,
  command: string,
  shell: Shell,
): Promise<void> {
  if (yes === true) return;
  if (shell.ask === undefined) {
    throw new AppError('CONFIRMATION_NEEDED', `there is no terminal to ask: ${question}`, { hint: `${command} --yes` });
  }
  const answer = await shell.ask(`${question} [y/N] `);
  throwIfCancelled(shell.signal);
  if (!/^y(es)?$/i.test(answer.trim())) throw new AppError('CANCELLED', 'not confirmed: nothing was changed');
}
