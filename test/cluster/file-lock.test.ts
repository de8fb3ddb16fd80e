import { existsSync } from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { withFileLock } from './file-lock.ts';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const never = (): void => expect.unreachable('nobody else holds the lock');

describe('withFileLock', () => {
  let folder: string;
  let lock: string;
  beforeEach(async () => {
    folder = await temporaryFolder('lock');
    lock = join(folder, 'thing.lock');
  });

  it('returns what the work returns and leaves no file', async () => {
    expect(await withFileLock(lock, never, () => Promise.resolve(existsSync(lock)))).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after work that failed', async () => {
    await expect(withFileLock(lock, never, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    expect(await readdir(folder)).toEqual([]);
  });

  it('lets processes in one after another', async () => {
    const log = join(folder, 'log');
    const script = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      import { withFileLock } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))};
      await withFileLock(${JSON.stringify(lock)}, () => undefined, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in ');
        await sleep(100);
        appendFileSync(${JSON.stringify(log)}, 'out ');
      });
    `;
    const run = (): Promise<unknown> =>
      runCommand(process.execPath, ['--input-type=module-typescript', '--eval', script]);
    await Promise.all([run(), run(), run()]);
    expect(await readFile(log, 'utf8')).toBe('in out in out in out ');
  });

  it('says once who holds the lock, and waits until it is free', async () => {
    const waiting = Promise.withResolvers<undefined>();
    const onWait = vi.fn(() => waiting.resolve(undefined));
    let isReleased = false;
    const holder = withFileLock(lock, never, async () => {
      await waiting.promise;
      // Long enough to be looked at again.
      await sleep(300);
      isReleased = true;
    });
    await vi.waitFor(() => expect(existsSync(lock)).toBe(true));
    expect(await withFileLock(lock, onWait, () => Promise.resolve(isReleased))).toBe(true);
    await holder;
    expect(onWait.mock.calls).toEqual([[process.pid]]);
  });

  it('takes over at once from a process that is gone', async () => {
    const { stdout: pid } = await runCommand('/bin/sh', ['-c', 'echo $$']);
    await writeFile(lock, pid.trim());
    expect(await withFileLock(lock, never, () => Promise.resolve('mine'))).toBe('mine');
  });

  it('takes over from a process whose number another one has by now', async () => {
    await writeFile(lock, String(process.ppid));
    const longAgo = new Date(Date.now() - 61_000);
    await utimes(lock, longAgo, longAgo);
    expect(await withFileLock(lock, never, () => Promise.resolve('mine'))).toBe('mine');
  });
});
