import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Store } from '@infrabackup/core';
import { storeConformance } from '../conformance.ts';
import { openStore } from '../open-store.ts';

const page = readFileSync(new URL('../../../../docs/locations.md', import.meta.url), 'utf8');
/** The command that the docs show. */
const script = /^```sh\n(#!\/bin\/sh\n.*?)^```$/ms.exec(page)![1]!;
// It lists by GNU's find.
const canRun = process.platform === 'linux';

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

async function newPlace(options = 'creates=true&ranges=true', text = script): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'infrabackup-exec-'));
  made.push(folder);
  const command = join(folder, 'store');
  await writeFile(command, text);
  await chmod(command, 0o755);
  return openStore(`exec:${command}?args=${join(folder, 'values')}&${options}`, {
    workingFolder: '/',
    env: { PATH: process.env['PATH'] },
  });
}

if (canRun) {
  // It lists all at once, and each key is a process.
  storeConformance('the command of docs/locations.md', () => newPlace(), { bufferedMiB: 16, pageKeys: 50 });
}

describe.runIf(canRun)('a command as a location', () => {
  it('that knows neither create nor parts of values still serves', async () => {
    const store = await newPlace('creates=false');
    expect(store.capabilities).toEqual({ conditionalCreate: false, rangedRead: false });
    await store.create('k', Buffer.from('0123456789'));
    await expect(store.create('k', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_EXISTS' });
    expect((await store.read('k', { offset: 2, length: 3 })).toString()).toBe('234');
  });

  it.each([
    ['exit 5', 'STORE_CREDENTIALS', /ended with 5/],
    ['echo "log in first" >&2; exit 6', 'STORE_DENIED', /log in first/],
    ['exit 7', 'STORE_FULL', /ended with 7/],
    ['exit 8', 'STORE_MISSING', /ended with 8/],
    ['kill -9 $$', 'STORE_UNAVAILABLE', /a signal/],
    ['exit 1', 'STORE_UNAVAILABLE', /ended with 1/],
  ])('says by %j that it is %s', async (line, code, message) => {
    const store = await newPlace('', `#!/bin/sh\n${line}\n`);
    for (const attempt of [
      () => store.replace('k', Buffer.alloc(3_000_000)),
      () => store.read('k'),
      () => store.stat('k'),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    }
  });

  it('that is not there, or is no list of values, is named', async () => {
    const absent = await openStore('exec:/no/such/command', { workingFolder: '/', env: {} });
    await expect(absent.stat('k')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/no such/) as string,
    });
    const odd = await newPlace('', '#!/bin/sh\necho hello\n');
    await expect(odd.stat('k')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
