import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A held lock shows that its owner lives by touching the file this often. */
const heartbeatMs = 5_000;
/** A lock that nobody has touched for this long is nobody's, whatever process has its owner's number by now. */
const staleMs = 60_000;
const pollMs = 200;

/**
 * What `work` returns, run while this process alone holds the lock file.
 * The lock of a process that was killed is taken over: at once when its number is free, else when its heartbeat has stopped for a minute.
 * Two processes that take over in the same instant may both run; the work must be right then too, if done twice.
 * `onWait` is called once with the owner's process id when somebody else holds the lock.
 */
export async function withFileLock<T>(
  path: string,
  onWait: (ownerPid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(path, onWait);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function acquire(path: string, onWait: (ownerPid: number) => void): Promise<void> {
  // Written aside and linked, so that whoever sees the lock sees its owner.
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    for (let told = false; ;) {
      try {
        await link(own, path);
        return;
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error;
      }
      const ownerPid = await readOwner(path);
      if (ownerPid === undefined) {
        await rm(path, { force: true });
        continue;
      }
      if (!told) onWait(ownerPid);
      told = true;
      await sleep(pollMs);
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** The process that holds the lock, or undefined when none does any more. */
async function readOwner(path: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    const { mtimeMs } = await stat(path);
    return isAlive(pid) && Date.now() - mtimeMs < staleMs ? pid : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether a process with this id exists (it may be another user's). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
