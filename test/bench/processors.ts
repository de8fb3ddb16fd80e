import { readFile } from 'node:fs/promises';
import { runCommand } from '../cluster/run-command.ts';

/**
 * Runs `use` as if the servers that it starts were on another machine: this process, and what it starts, keep to one half
 * of the processors, and what is begun with the words that `use` is given keeps to the other.
 *
 * Throws where there is one processor only, or no `taskset` (of util-linux).
 */
export async function onProcessorsApart<T>(use: (prefix: readonly string[]) => Promise<T>): Promise<T> {
  const all = await allowedProcessors();
  if (all.length < 2) throw new Error('servers of their own processors need two of them at least');
  const half = Math.ceil(all.length / 2);
  await keepTo(all.slice(half));
  try {
    return await use(['taskset', '-c', all.slice(0, half).join()]);
  } finally {
    await keepTo(all);
  }
}

/** Moves this process, with all its threads. */
async function keepTo(processors: readonly number[]): Promise<void> {
  await runCommand('taskset', ['-apc', processors.join(), String(process.pid)]);
}

/** Source: https://man7.org/linux/man-pages/man7/cpuset.7.html (List format) */
async function allowedProcessors(): Promise<readonly number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
