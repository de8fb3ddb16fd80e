import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { BackupWriter, Clock } from '@infrabackup/core';

/** One operation of this process, as others that share a location see it. */
export function backupWriter(clock: Clock): BackupWriter {
  return { id: randomUUID(), host: thisHost(), pid: process.pid, clock, isRunning };
}

let host: string | undefined;

/**
 * The host's name, a `#`, and 8 hex digits that tell it from other hosts and containers of that name: two processes
 * with the same text share a table of processes, so that one can ask whether the other runs.
 */
export function thisHost(): string {
  return (host ??= `${hostname()}#${hostFingerprint()}`);
}

/**
 * Whether a process of this host runs.
 *
 * A pid may have been given to another process since: true proves nothing, false proves that it is gone.
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * A name alone says little: many hosts are called `localhost`, and containers on the host's network carry its name but
 * have processes of their own. On Linux the boot and the namespace of processes settle it (proc(5), namespaces(7)).
 */
function hostFingerprint(): string {
  const parts = [
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256')
    .update([hostname(), ...parts].join('\n'))
    .digest('hex')
    .slice(0, 8);
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
