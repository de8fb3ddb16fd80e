import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isAlive } from './file-lock.ts';
import { createLifeline } from './lifeline.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A process that starts `sleep` and one that starts a child of its own, says their ids, and then does `ending`. */
async function runOwner(prefix: string, ending: string): Promise<{ kill: () => void; pids: number[] }> {
  const script = `
    import { createLifeline } from ${JSON.stringify(join(import.meta.dirname, 'lifeline.ts'))};
    const lifeline = await createLifeline(${JSON.stringify(prefix)});
    const first = lifeline.start('/bin/sleep', ['300']);
    const second = lifeline.start('/bin/sh', ['-c', 'sleep 300 & echo $!; wait']);
    second.stdout.once('data', (grandchild) => {
      console.log(JSON.stringify([first.pid, second.pid, Number(grandchild)]));
      ${ending}
    });
  `;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  return { kill: () => owner.kill('SIGKILL'), pids: JSON.parse(line.toString()) as number[] };
}

describe('createLifeline', () => {
  const newPrefix = async (): Promise<string> => join(await temporaryFolder('lifeline'), 'own-');

  it('ends its processes and removes its folder when it is cut', async () => {
    const lifeline = await createLifeline(await newPrefix());
    const { folder } = lifeline;
    const child = lifeline.start('/bin/sleep', ['300'], { logFile: join(folder, 'log') });
    await once(child, 'spawn');

    await lifeline.cut();

    expect(existsSync(folder)).toBe(false);
    await vi.waitFor(() => expect(isAlive(child.pid!)).toBe(false));
  });

  it('may be cut twice', async () => {
    const lifeline = await createLifeline(await newPrefix());
    await lifeline.cut();
    await expect(lifeline.cut()).resolves.toBeUndefined();
  });

  it.each([
    ['is killed with kill -9', 'setInterval(() => undefined, 1000);', true],
    ['calls process.exit', 'process.exit(0);', false],
  ])('ends its processes, their children and its folder when the owner %s', async (_, ending, isKilled) => {
    const prefix = await newPrefix();
    const owner = await runOwner(prefix, ending);
    expect(owner.pids).toHaveLength(3);

    if (isKilled) owner.kill();

    await vi.waitFor(() => expect(owner.pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 20 });
    const folders = () => readdir(dirname(prefix));
    await vi.waitFor(async () => expect(await folders()).toEqual([]), { timeout: 10_000, interval: 20 });
  });

  it('gives a process its output file, folder and environment', async () => {
    const lifeline = await createLifeline(await newPrefix());
    const { folder } = lifeline;
    const logFile = join(folder, 'log');
    const child = lifeline.start('/bin/sh', ['-c', 'pwd; echo "$GREETING"; echo "to stderr" >&2'], {
      logFile,
      cwd: folder,
      env: { GREETING: 'a word with spaces' },
    });
    await once(child, 'exit');

    expect((await readFile(logFile, 'utf8')).split('\n')).toEqual([folder, 'a word with spaces', 'to stderr', '']);
    await lifeline.cut();
  });
});
