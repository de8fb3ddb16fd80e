import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** A program to time, as a whole process. Its output is read and thrown away. */
export interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it ends with when all is well; 0 when absent. */
  readonly exitCode?: number;
  /** Done before each run, and not timed. */
  readonly before?: () => Promise<void>;
}

/** What one run cost. */
export interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Times several commands in turn, A B A B ..., so that a machine whose speed drifts is as unkind to each. One warm-up. */
export async function measureInTurn(commands: readonly Command[], runs: number): Promise<readonly (readonly Run[])[]> {
  const results: Run[][] = commands.map(() => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, command] of commands.entries()) {
      const run = await measureOnce(command);
      if (round > 0) results[index]!.push(run);
    }
  }
  return results;
}

/** One run of a command; throws when it does not end as it should. */
export async function measureOnce(command: Command): Promise<Run> {
  await command.before?.();
  const startedMs = performance.now();
  const child = spawn(command.args[0]!, command.args.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  let complaint = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4_000)));
  const watch = watchProcess(child.pid!);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const wallMs = performance.now() - startedMs;
  const { peakBytes, cpuMs } = await watch.stop();
  if (exitCode !== (command.exitCode ?? 0))
    throw new Error(`${command.name} ended with ${String(exitCode)}: ${complaint}`);
  return { wallMs, cpuMs, peakBytes };
}

/** Follows a process in /proc: the kernel's own high-water mark and its time, as of the last look before the end. */
function watchProcess(pid: number): { stop(): Promise<{ peakBytes: number; cpuMs: number }> } {
  let peakBytes = 0;
  let cpuMs = 0;
  const look = async (): Promise<void> => {
    try {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      peakBytes = Math.max(peakBytes, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // utime and stime in ticks of 10 ms: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      cpuMs = 10 * (Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has ended, or this is no Linux: the figures stay as they are.
    }
  };
  const timer = setInterval(() => void look(), 25);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.resolve();
      return { peakBytes, cpuMs };
    },
  };
}

/** The middle of some figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
