import type { Clock } from '../clock.ts';

/** Whoever writes or deletes backups: one operation of one process. The edge makes it. */
export interface BackupWriter {
  /** Random, new for each operation; of letters, digits and dashes. */
  readonly id: string;
  /** The same for two processes exactly when each can tell whether the other runs; shown up to a `#`. */
  readonly host: string;
  readonly pid: number;
  readonly clock: Clock;
  /** Whether that process of the same host runs; true is no proof (pids are given again), false is. */
  isRunning(pid: number): boolean;
}
