import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, open, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { storeConformance } from './conformance.ts';
import { openFileStore } from './file-store.ts';
import { thisHost } from './this-process.ts';

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

async function newFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'infrabackup-file-store-'));
  made.push(folder);
  return join(folder, 'made when first written');
}

// A folder has no pages, and each file is written through to the disk.
const options = { pageKeys: 50 };
storeConformance('the file store', async () => openFileStore(await newFolder()), options);
storeConformance(
  'the file store without hard links',
  async () => openFileStore(await newFolder(), { hardLinks: 'never' }),
  options,
);

const inMemory = '/dev/shm';
if (existsSync(inMemory))
  storeConformance('the file store on tmpfs', async () => openFileStore(await newFolder(inMemory)), options);

describe('the file store', () => {
  it('keeps values from other users: 0600 in folders of 0700', async () => {
    const root = await newFolder();
    await openFileStore(root).create('backups/x/x.tar.gz', Buffer.from('v'));
    const modes = await Promise.all(
      ['', 'backups', 'backups/x', 'backups/x/x.tar.gz'].map(
        async (path) => (await stat(join(root, path))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600]);
  });

  it('leaves no folder behind that a failed first write made', async () => {
    const root = await newFolder();
    const store = openFileStore(root);
    await expect(store.create('backups/x/k', failing())).rejects.toThrow('the source failed');
    expect(await everyFile(root)).toEqual([]);
    expect(existsSync(join(root, 'backups'))).toBe(false);
  });

  it('fails a write of which the disk could not keep the beginning, as soon as that is known', async () => {
    const root = await newFolder();
    const probe = await open(tmpdir(), 'r');
    const handles = Object.getPrototypeOf(probe) as Pick<FileHandle, 'datasync'>;
    await probe.close();
    const broken = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    const datasync = vi.spyOn(handles, 'datasync').mockRejectedValueOnce(broken);
    onTestFinished(() => datasync.mockRestore());
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) yield await Promise.resolve(Buffer.alloc(1 << 20, i));
    };
    await expect(openFileStore(root).create('k', endless())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(datasync).toHaveBeenCalled();
    expect(await everyFile(root)).toEqual([]);
  });

  it('creates and removes in one folder at once without losing a value', async () => {
    const store = openFileStore(await newFolder());
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        for (let round = 0; round < 25; round++) {
          await store.create(`d/e/${i}`, Buffer.from('v'));
          await store.remove(`d/e/${i}`);
        }
      }),
    );
    expect(await Array.fromAsync(store.listNames(''))).toEqual([]);
  });

  it('does not list what is no key: hidden files, odd names, sockets and broken links', async () => {
    const root = await newFolder();
    const store = openFileStore(root);
    await store.create('k', Buffer.from('v'));
    for (const name of ['.nfs000001', '.DS_Store', 'a b', 'ü', '~lock']) await writeFile(join(root, name), 'v');
    await mkdir(join(root, '.git'));
    await mkdir(join(root, 'empty', 'deeper'), { recursive: true });
    await symlink('nowhere', join(root, 'broken'));
    expect((await Array.fromAsync(store.list(''))).map(({ key }) => key)).toEqual(['k']);
    expect(await Array.fromAsync(store.listNames(''))).toEqual(['k']);
  });

  it('ends although a link leads back up', async () => {
    const root = await newFolder();
    const store = openFileStore(root);
    await store.create('d/k', Buffer.from('v'));
    await symlink('..', join(root, 'd', 'up'));
    const keys = (await Array.fromAsync(store.list(''))).map(({ key }) => key);
    expect(keys.slice(0, 3)).toEqual(['d/k', 'd/up/d/k', 'd/up/d/up/d/k']);
    expect(keys.length).toBeLessThan(50);
  });

  it('refuses a key below a value, and says so', async () => {
    const store = openFileStore(await newFolder());
    await store.create('k', Buffer.from('v'));
    await expect(store.create('k/below', Buffer.from('v'))).rejects.toMatchObject({ code: 'USAGE' });
    expect((await store.read('k')).toString()).toBe('v');
  });

  it.runIf(existsSync('/sys/kernel'))('says who refused a folder that nobody may write', async () => {
    const write = openFileStore('/sys/infrabackup').create('k', Buffer.from('v'));
    await expect(write).rejects.toMatchObject({
      code: 'STORE_DENIED',
      message: expect.stringMatching(/could not write k in file:.*; nothing of it was left behind/) as string,
      hint: expect.any(String) as string,
    });
  });

  it.runIf(existsSync('/proc/self'))('gives up where no folder can be made, though nothing says why', async () => {
    await expect(openFileStore('/proc/infrabackup').create('d/k', Buffer.from('v'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it.runIf(process.getuid?.() !== 0)('says who refused a folder that this user may not write', async () => {
    const root = await newFolder();
    await mkdir(root, { recursive: true });
    await chmod(root, 0o500);
    await expect(openFileStore(root).create('k', Buffer.from('v'))).rejects.toMatchObject({ code: 'STORE_DENIED' });
  });

  it.runIf(existsSync('/bin/bash'))(
    'says that the place is full, and leaves nothing, when the system takes no more',
    async () => {
      const root = await newFolder();
      const child = runStoreScript(
        root,
        `process.on('SIGXFSZ', () => undefined);
       await store.create('d/small', Buffer.alloc(1000));
       await store.create('d/large', (async function* () { for (;;) yield Buffer.alloc(65536); })()).catch((error) => console.log(error.code));`,
        'ulimit -f 2000',
      );
      expect(await child.firstLine).toBe('STORE_FULL');
      await child.ended;
      expect(await everyFile(root)).toEqual(['d/small']);
    },
  );
});

describe('a file store whose writer is killed', () => {
  const endless = `await store.create('backups/x/x.tar.gz', (async function* () {
      for (let i = 0; ; i++) { if (i === 4) console.log('writing'); yield Buffer.alloc(65536); }
    })());`;

  it('lists nothing of the half value, and the next writer of the folder clears it away', async () => {
    const root = await newFolder();
    const store = openFileStore(root);
    const child = runStoreScript(root, endless);
    expect(await child.firstLine).toBe('writing');
    child.process.kill('SIGKILL');
    await child.ended;

    expect(await everyFile(root)).toHaveLength(1);
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(await Array.fromAsync(store.listNames('backups/'))).toEqual([]);
    await store.create('backups/x/x.tar.gz', Buffer.from('whole'));
    expect(await everyFile(root)).toEqual(['backups/x/x.tar.gz']);
  });

  it('leaves a live writer alone', async () => {
    const root = await newFolder();
    const child = runStoreScript(root, endless);
    expect(await child.firstLine).toBe('writing');
    await openFileStore(root).create('backups/x/other', Buffer.from('v'));
    expect(await everyFile(root)).toHaveLength(2);
    child.process.kill('SIGKILL');
    await child.ended;
  });

  it.for([
    ['keeps what another host wrote lately', 'deadbeef', 1, true],
    ['clears what another host has not touched for a day', 'deadbeef', 25, false],
    ['clears what a dead process of this host wrote lately', thisHost().slice(-8), 0, false],
  ] as const)('%s', async ([, host, ageHours, kept]) => {
    const root = await newFolder();
    await mkdir(root, { recursive: true });
    const temp = join(root, `.infrabackup-${host}-2147483646-0123456789abcdef.tmp`);
    await writeFile(temp, 'half');
    const then = new Date((await lstat(temp)).mtimeMs - ageHours * 3_600_000);
    await utimes(temp, then, then);
    await openFileStore(root).create('k', Buffer.from('v'));
    expect(existsSync(temp)).toBe(kept);
  });

  it('shows whole values only, whenever the kill comes', async () => {
    const root = await newFolder();
    const store = openFileStore(root);
    for (let round = 0; round < 6; round++) {
      const child = runStoreScript(
        root,
        `for (let i = 0; ; i++) {
           const key = 'd/' + (i % 3);
           await store.replace(key, (async function* () { for (let n = 0; n < 50; n++) yield Buffer.alloc(20_000, 65 + i % 26); })());
           if (i === 3) console.log('under way');
           if (i % 5 === 4) await store.remove(key);
         }`,
      );
      await child.firstLine;
      await new Promise((resolve) => setTimeout(resolve, 20 + round * 17));
      child.process.kill('SIGKILL');
      await child.ended;
      for await (const { key } of store.list('')) {
        const value = await store.read(key);
        expect(value).toHaveLength(1_000_000);
        expect(value.equals(Buffer.alloc(1_000_000, value[0]))).toBe(true);
      }
    }
    await store.replace('d/0', Buffer.from('v'));
    expect((await everyFile(root)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});

describe('file stores of several processes', () => {
  it('let one process win each key', async () => {
    const root = await newFolder();
    const children = Array.from({ length: 4 }, (_, i) =>
      runStoreScript(
        root,
        `const won = [];
         for (let k = 0; k < 30; k++)
           await store.create('d/' + k, Buffer.from('${i}')).then(() => won.push(k), (error) => { if (error.code !== 'STORE_EXISTS') throw error; });
         console.log(JSON.stringify(won));`,
      ),
    );
    const won = (await Promise.all(children.map(({ firstLine }) => firstLine))).map(
      (line) => JSON.parse(line) as number[],
    );
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, k) => k));
    const store = openFileStore(root);
    for (const [i, keys] of won.entries()) {
      for (const k of keys) expect((await store.read(`d/${k}`)).toString()).toBe(String(i));
    }
  });
});

it('names the host so that people know it', () => {
  expect(thisHost()).toMatch(new RegExp(`^${hostname()}#[0-9a-f]{8}$`));
});

/** A process of its own that has `store`, a file store of the folder. */
function runStoreScript(root: string, script: string, shellBefore = ''): StoreScript {
  const module = new URL('./file-store.ts', import.meta.url).href;
  const source = `import { openFileStore } from ${JSON.stringify(module)};
    const store = openFileStore(${JSON.stringify(root)});
    ${script}`;
  const command = [process.execPath, '--input-type=module', '-e', source];
  const child =
    shellBefore === ''
      ? spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
      : spawn('/bin/bash', ['-c', `${shellBefore}; exec "$@"`, 'bash', ...command], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
  const firstLine = once(child.stdout, 'data').then(([data]) => String(data).split('\n', 1)[0]!);
  return { process: child, firstLine, ended: once(child, 'close') };
}

interface StoreScript {
  readonly process: ReturnType<typeof spawn>;
  readonly firstLine: Promise<string>;
  readonly ended: Promise<unknown>;
}

async function everyFile(root: string): Promise<string[]> {
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  await Promise.resolve();
  throw new Error('the source failed');
}
