import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@infrabackup/core';
import { errnoOf } from './disk-error.ts';
import { placeNewFile } from './place-new-file.ts';
import { openTempFile } from './temp-file.ts';
import { isRunning, thisHost } from './this-process.ts';

/**
 * Holds a lock by a file until the returned function is called, or this process ends. A lock whose process is gone is
 * taken over. Throws RUN_BUSY while another process has it.
 */
export async function holdLock(path: string, id: string): Promise<() => Promise<void>> {
  const own = `${thisHost()} ${process.pid} ${randomBytes(8).toString('hex')}\n`;
  for (let attempts = 0; ; attempts++) {
    if (await placeLock(path, own)) {
      return async () => {
        if ((await readOwner(path)) === own) await rm(path, { force: true });
      };
    }
    const owner = await readOwner(path);
    if (owner === undefined) continue;
    if (isHeld(owner) || attempts > 10) throw busy(path, id, owner);
    await takeAway(path, owner);
  }
}

/** The file has its content from the first moment on, so that nobody finds it without an owner. */
async function placeLock(path: string, own: string): Promise<boolean> {
  const temp = await openTempFile(dirname(path));
  try {
    await temp.handle.writeFile(own);
    await temp.handle.close();
    return await placeNewFile(temp.path, path, 'auto');
  } finally {
    await rm(temp.path, { force: true });
  }
}

/** Whether a running process holds the lock. */
export async function isLocked(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  return owner !== undefined && isHeld(owner);
}

/** Of several who find a dead owner, one gets the file; should it be a new owner's by now, it is put back. */
async function takeAway(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readOwner(aside)) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function isHeld(owner: string): boolean {
  const [host = '', pid = ''] = owner.trim().split(' ');
  return host !== thisHost() || isRunning(Number(pid));
}

async function readOwner(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function busy(path: string, id: string, owner: string): AppError {
  const [host = 'another host', pid = '?'] = owner.trim().split(' ');
  return new AppError('RUN_BUSY', `restore ${id} is being carried out by process ${pid} of ${host.split('#')[0]!}`, {
    hint: `wait for it; if that process is something else, delete ${path}`,
    refs: [id],
  });
}
