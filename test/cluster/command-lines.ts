import { readdir, readFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

/** The command line of every process on this machine, words apart by spaces; Linux needs no `ps` for it. */
export async function readCommandLines(): Promise<string[]> {
  if (process.platform !== 'linux') return (await runCommand('ps', ['-A', '-o', 'args'])).stdout.split('\n');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end while it is looked at.
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' '));
}
