import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeTogether, type Store, type StoreBatch, type StoreEntry } from '@infrabackup/core';

// One long file: whoever writes a driver reads the contract from top to bottom, and a driver passes all of it or none.

/** What a driver's values may cost while they pass through. */
export interface ConformanceOptions {
  /**
   * Memory that a stream of any length may hold, in MiB, and what passed since the garbage before was swept; Infinity for
   * a store that keeps its values in memory.
   */
  readonly bufferedMiB?: number;
  /** Keys that one answer of the store lists at most; 1,000 when absent, as of S3 and of Azure's emulator. */
  readonly pageKeys?: number;
}

/**
 * The Store contract as tests, for the capabilities that the driver declares. Every driver runs it on a real server.
 *
 * `makeStore` gives an empty place each time it is called; who calls it cleans up.
 */
export function storeConformance(
  name: string,
  makeStore: () => Promise<Store>,
  { bufferedMiB = 9, pageKeys = 1_000 }: ConformanceOptions = {},
): void {
  describe(`${name} keeps the Store contract`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });

    describe('create', () => {
      it('writes a value that is read back byte for byte', async () => {
        await store.create('a/b/c', everyByte);
        expect(await store.read('a/b/c')).toEqual(everyByte);
      });

      it('writes an empty value', async () => {
        await store.create('empty', bytes(''));
        await store.create('empty-stream', chunked());
        expect(await store.read('empty')).toHaveLength(0);
        expect(await store.read('empty-stream')).toHaveLength(0);
        expect(await text(store.stream('empty'))).toBe('');
        expect(await store.stat('empty')).toMatchObject({ key: 'empty', sizeBytes: 0 });
      });

      it('refuses a key that is taken, keeps its value, and does not begin to read the body', async () => {
        await store.create('k', bytes('first'));
        const body = watched(chunked('second'));
        await expect(store.create('k', body)).rejects.toMatchObject({ code: 'STORE_EXISTS' });
        expect(body.started).toBe(false);
        expect(await text(store.stream('k'))).toBe('first');
      });

      it('takes a key again that was removed', async () => {
        await store.create('d/k', bytes('first'));
        await store.remove('d/k');
        await store.create('d/k', bytes('second'));
        expect((await store.read('d/k')).toString()).toBe('second');
      });

      it.for([1, 2, 3])('lets one of 20 racing writers win, and tells the others (round %i)', async (_, { skip }) => {
        if (!store.capabilities.conditionalCreate) skip('the driver declares no conditional create');
        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, (_writer, i) =>
            store.create('race/k', i % 2 === 0 ? bytes(`writer ${i}`) : chunked('writer ', String(i))),
          ),
        );
        const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
        const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
        expect(winners).toHaveLength(1);
        expect(codes).toEqual(Array.from({ length: 19 }, () => 'STORE_EXISTS'));
        expect((await store.read('race/k')).toString()).toBe(`writer ${winners[0]!}`);
        expect(await keys(store.list(''))).toEqual(['race/k']);
      });
    });

    describe('replace', () => {
      it('writes a key that is free, and one that is taken', async () => {
        await store.replace('d/k', bytes('a long first value'));
        await store.replace('d/k', chunked('sec', 'ond'));
        expect((await store.read('d/k')).toString()).toBe('second');
      });

      it('never shows a reader anything but one whole value', async () => {
        const value = (i: number): Buffer => Buffer.alloc(200_000, 65 + (i % 26));
        await store.replace('k', value(0));
        let writing = true;
        const write = (async () => {
          for (let i = 1; i <= 25; i++) await store.replace('k', value(i));
          writing = false;
        })();
        while (writing) {
          const seen = await store.read('k');
          expect(seen).toHaveLength(200_000);
          expect(seen.equals(Buffer.alloc(200_000, seen[0]))).toBe(true);
        }
        await write;
      });
    });

    describe('read', () => {
      it.for<[string, number, number, string]>([
        ['from the start', 0, 3, '012'],
        ['in the middle', 4, 2, '45'],
        ['the last byte', 9, 1, '9'],
        ['the whole', 0, 10, '0123456789'],
        ['that reaches past the end', 8, 100, '89'],
        ['that begins at the end', 10, 5, ''],
        ['that begins past the end', 50, 5, ''],
        ['of no bytes', 3, 0, ''],
      ])('gives a part %s', async ([, offset, length, expected]) => {
        await store.create('k', bytes('0123456789'));
        expect((await store.read('k', { offset, length })).toString()).toBe(expected);
      });

      it.for<[number, string]>([
        [0, '0123456789'],
        [7, '789'],
        [10, ''],
        [11, ''],
      ])('streams from offset %i on', async ([offset, expected]) => {
        await store.create('k', bytes('0123456789'));
        expect(await text(store.stream('k', offset))).toBe(expected);
      });

      it('lets a consumer leave a stream early', async () => {
        await store.create('k', Buffer.alloc(2_000_000));
        for await (const chunk of store.stream('k')) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        expect(await store.stat('k')).toMatchObject({ sizeBytes: 2_000_000 });
      });

      it('says by its code that a key is not there, also where a folder of that name is', async () => {
        await store.create('folder/k', bytes('v'));
        for (const missing of ['nothing', 'folder', 'folder/nothing', 'nothing/k', 'folder/k/below']) {
          await expect(store.read(missing), missing).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
          await expect(store.read(missing, { offset: 0, length: 1 })).rejects.toMatchObject({
            code: 'STORE_NOT_FOUND',
          });
          await expect(text(store.stream(missing)), missing).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
          expect(await store.stat(missing), missing).toBeUndefined();
        }
      });
    });

    describe('large values', () => {
      it('pass through in both directions without being held', async ({ skip }) => {
        if (bufferedMiB === Infinity) skip('the store keeps its values in memory');
        const sizeMiB = Math.max(20, 2 * bufferedMiB);
        const written = createHash('sha256');
        const watch = watchMemory();
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < sizeMiB * 4; i++) {
            await Promise.resolve();
            const chunk = Buffer.alloc(256 * 1024, i);
            written.update(chunk);
            watch.look(chunk.length);
            yield chunk;
          }
        }
        await store.create('large', body());

        const read = createHash('sha256');
        for await (const chunk of store.stream('large')) {
          read.update(chunk);
          watch.look(chunk.length);
        }
        expect(await store.stat('large')).toMatchObject({ sizeBytes: sizeMiB * 1024 * 1024 });
        expect(read.digest('hex')).toBe(written.digest('hex'));
        expect(watch.peakMiB()).toBeLessThan(bufferedMiB);
      });
    });

    describe('a write that fails', () => {
      const writes = ['create', 'replace'] as const;

      it.for(writes)('passes on the error of its source unchanged and leaves nothing (%s)', async (write) => {
        // As of a full disk that the source reads from: the location's own errors must not be mixed up with it.
        const failure = Object.assign(new Error('the source failed'), { code: 'ENOSPC' });
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < 20; i++) yield Buffer.alloc(256 * 1024);
          await Promise.resolve();
          throw failure;
        }
        await expect(store[write]('d/k', body())).rejects.toBe(failure);
        expect(await keys(store.list(''))).toEqual([]);
        expect(await names(store.listNames(''))).toEqual([]);
      });

      it.for(writes)('stops at once on a cancel, tells its source, and leaves nothing (%s)', async (write) => {
        const stop = new AbortController();
        const source = watched(
          (async function* () {
            for (let i = 0; i < 20; i++) yield Buffer.alloc(256 * 1024);
            stop.abort();
            await new Promise(() => undefined);
          })(),
        );
        await expect(store[write]('d/k', source, stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
        expect(source.stopped).toBe(true);
        expect(await keys(store.list(''))).toEqual([]);
        await store.create('d/k', bytes('a later one'));
        expect((await store.read('d/k')).toString()).toBe('a later one');
      });

      it('keeps the value that it was to replace', async () => {
        await store.create('k', bytes('before'));
        async function* body(): AsyncGenerator<Uint8Array> {
          yield Buffer.alloc(1_000_000);
          await Promise.resolve();
          throw new Error('the source failed');
        }
        await expect(store.replace('k', body())).rejects.toThrow('the source failed');
        expect((await store.read('k')).toString()).toBe('before');
      });
    });

    describe('list', () => {
      const inOrder = [
        ...['backups-1/v', 'backups.1/v', 'backups/a-b/v', 'backups/a.b/v', 'backups/a/v', 'backups/a/w/x'],
        ...['backups/a0/v', 'backups/aA', 'backups/a_', 'backups/aa', 'backups0', 'backupsA', 'backups_', 'backupsa'],
      ];
      const fill = async (): Promise<void> => {
        await writeTogether(store, 'Fill', undefined, async (into) => {
          for (const key of [...inOrder].reverse()) await into.create(key, bytes(key));
        });
      };

      it('shows every key once, in the order of their bytes', async () => {
        expect([...inOrder].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(inOrder);
        await fill();
        expect(await keys(store.list(''))).toEqual(inOrder);
      });

      it('shows what begins with the prefix, and nothing beside it', async () => {
        await fill();
        expect(await keys(store.list('backups/'))).toEqual(inOrder.filter((key) => key.startsWith('backups/')));
        expect(await keys(store.list('backups/a/'))).toEqual(['backups/a/v', 'backups/a/w/x']);
        expect(await keys(store.list('backups/aa/'))).toEqual([]);
        expect(await keys(store.list('nothing/'))).toEqual([]);
      });

      it('names the first segments under a prefix, each once, in the same order', async () => {
        await fill();
        expect(await names(store.listNames('backups/'))).toEqual(['a-b', 'a.b', 'a', 'a0', 'aA', 'a_', 'aa']);
        expect(await names(store.listNames('nothing/'))).toEqual([]);
        expect((await names(store.listNames(''))).slice(0, 4)).toEqual([
          'backups-1',
          'backups.1',
          'backups',
          'backups0',
        ]);
      });

      it('shows sizes, and times that do not run backwards', async () => {
        await store.create('first', bytes('12345'));
        await store.create('second', bytes(''));
        const [first, second] = await Array.fromAsync(store.list(''));
        expect(first).toMatchObject({ key: 'first', sizeBytes: 5 });
        expect(second!.modifiedMs).toBeGreaterThanOrEqual(first!.modifiedMs);
        expect(await store.stat('first')).toEqual(first);
      });

      it('is empty where nothing was ever written', async () => {
        expect(await keys(store.list(''))).toEqual([]);
        expect(await names(store.listNames('backups/'))).toEqual([]);
      });

      it('shows more keys than fit one page', async () => {
        const many = Array.from({ length: pageKeys + 50 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
        await writeTogether(store, 'Many', undefined, async (into) => {
          for (let i = 0; i < many.length; i += 50) {
            await Promise.all(many.slice(i, i + 50).map((key) => into.create(key, bytes('v'))));
          }
        });
        expect(await keys(store.list('many/'))).toEqual(many);
        expect(await names(store.listNames('many/'))).toHaveLength(many.length);
      });
    });

    describe('remove', () => {
      it('removes one key, and again without complaint', async () => {
        await store.create('d/k', bytes('v'));
        await store.create('d/l', bytes('v'));
        await store.remove('d/k');
        await store.remove('d/k');
        await store.remove('never/there');
        await store.remove('d');
        expect(await keys(store.list(''))).toEqual(['d/l']);
      });

      it('leaves no name behind when the last key under it goes', async () => {
        await store.create('x/y/k', bytes('v'));
        await store.remove('x/y/k');
        expect(await names(store.listNames(''))).toEqual([]);
        expect(await names(store.listNames('x/'))).toEqual([]);
      });
    });

    describe('writes that are begun together', () => {
      const begin = async (skip: (note: string) => never): Promise<StoreBatch> =>
        (await store.begin?.('Together')) ?? skip('the driver writes every value by itself');

      it('appear all at once, and take away what they remove', async ({ skip }) => {
        await using batch = await begin(skip);
        await store.create('old/a', bytes('a'));
        await store.create('old/b', bytes('b'));
        await using later = await begin(skip);
        await later.create('new/c', bytes('c'));
        await later.replace('old/a', chunked('a', 'a'));
        await later.remove('old/b');
        expect(await keys(later.list(''))).toEqual(['new/c', 'old/a']);
        expect((await later.read('old/a')).toString()).toBe('aa');
        expect(await later.stat('old/b')).toBeUndefined();
        expect(await keys(batch.list(''))).toEqual([]);
        expect(await keys(store.list(''))).toEqual(['old/a', 'old/b']);
        await later.commit();
        expect(await keys(store.list(''))).toEqual(['new/c', 'old/a']);
        expect((await store.read('old/a')).toString()).toBe('aa');
      });

      it('are as if they had never been when nobody says that they are done', async ({ skip }) => {
        {
          await using batch = await begin(skip);
          await batch.create('k', bytes('v'));
        }
        expect(await keys(store.list(''))).toEqual([]);
      });

      it('go with what others write meanwhile, unless that is the same key: then none appears', async ({ skip }) => {
        await store.create('shared', bytes('before'));
        await using beside = await begin(skip);
        await using against = await begin(skip);
        await using over = await begin(skip);
        await beside.create('beside', bytes('v'));
        await against.create('another', bytes('v'));
        await against.create('k', bytes('mine'));
        await over.create('third', bytes('v'));
        await over.remove('shared');
        await store.create('k', bytes('theirs'));
        await store.replace('shared', bytes('theirs'));
        await beside.commit();
        await expect(against.commit()).rejects.toMatchObject({ code: 'STORE_EXISTS' });
        await expect(over.commit()).rejects.toMatchObject({ code: 'STORE_EXISTS' });
        expect(await keys(store.list(''))).toEqual(['beside', 'k', 'shared']);
        expect((await store.read('k')).toString()).toBe('theirs');
      });

      it('refuse a key that is taken, in the store or among themselves', async ({ skip }) => {
        await store.create('k', bytes('v'));
        await using batch = await begin(skip);
        await batch.create('l', bytes('v'));
        for (const key of ['k', 'l']) {
          await expect(batch.create(key, bytes('w'))).rejects.toMatchObject({ code: 'STORE_EXISTS' });
        }
      });
    });

    describe('keys', () => {
      it.for([
        ...['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/..', './a', '.git/config', 'a/.hidden'],
        ...['a b', 'ä', 'a\\b', 'a\0b', 'a\nb', 'a*', 'a~', 'a%2fb'],
      ])('that the contract does not know are refused before anything is touched: %j', async (key) => {
        await expectRefused(store, key);
      });

      it.for([
        ['a segment of 256 bytes', 'a'.repeat(256)],
        ['1,025 bytes', `${'a/'.repeat(512)}a`],
      ] as const)('that are too long are refused: %s', async ([, key]) => {
        await expectRefused(store, key);
      });

      it.for(['a', '/', '../', 'a//', 'a/./'])('prefixes that are none are refused: %j', async (prefix) => {
        await expect(keys(store.list(prefix))).rejects.toMatchObject({ code: 'USAGE' });
        await expect(names(store.listNames(prefix))).rejects.toMatchObject({ code: 'USAGE' });
      });

      it.for([
        ['every letter that is allowed', 'azAZ09._:+@=-'],
        ['a segment of 255 bytes', 'a'.repeat(255)],
        ['1,023 bytes', `${'a'.repeat(255)}/`.repeat(3) + 'b'.repeat(255)],
        ['a dash alone', '-'],
        ['dots at the end', 'a..'],
        ['no letters', '_/-/='],
      ] as const)('that the contract knows are kept: %s', async ([, key]) => {
        await store.create(key, bytes('v'));
        expect(await keys(store.list(''))).toEqual([key]);
        expect((await store.read(key)).toString()).toBe('v');
      });
    });

    it('does nothing for a signal that has fired before', async () => {
      await store.create('k', bytes('v'));
      const signal = AbortSignal.abort();
      const cancelled = { code: 'CANCELLED' };
      await expect(store.create('l', bytes('v'), signal)).rejects.toMatchObject(cancelled);
      await expect(store.replace('k', bytes('w'), signal)).rejects.toMatchObject(cancelled);
      await expect(store.read('k', undefined, signal)).rejects.toMatchObject(cancelled);
      await expect(text(store.stream('k', 0, signal))).rejects.toMatchObject(cancelled);
      await expect(store.stat('k', signal)).rejects.toMatchObject(cancelled);
      await expect(keys(store.list('', signal))).rejects.toMatchObject(cancelled);
      await expect(names(store.listNames('', signal))).rejects.toMatchObject(cancelled);
      await expect(store.remove('k', signal)).rejects.toMatchObject(cancelled);
      expect(await keys(store.list(''))).toEqual(['k']);
      expect((await store.read('k')).toString()).toBe('v');
    });

    it('stops a stream and a listing in the middle when the signal fires', async () => {
      await store.create('a', Buffer.alloc(3_000_000));
      await store.create('b', bytes('v'));
      for (const begin of [
        (signal: AbortSignal) => store.stream('a', 0, signal),
        (signal: AbortSignal) => store.list('', signal),
      ]) {
        const stop = new AbortController();
        const drain = async (): Promise<void> => {
          for await (const found of begin(stop.signal)) {
            expect(found).toBeDefined();
            stop.abort();
          }
        };
        await expect(drain()).rejects.toMatchObject({ code: 'CANCELLED' });
      }
    });
  });
}

async function expectRefused(store: Store, key: string): Promise<void> {
  const refused = { code: 'USAGE' };
  await expect(store.create(key, bytes('v'))).rejects.toMatchObject(refused);
  await expect(store.replace(key, bytes('v'))).rejects.toMatchObject(refused);
  await expect(store.read(key)).rejects.toMatchObject(refused);
  await expect(text(store.stream(key))).rejects.toMatchObject(refused);
  await expect(store.stat(key)).rejects.toMatchObject(refused);
  await expect(store.remove(key)).rejects.toMatchObject(refused);
  expect(await keys(store.list(''))).toEqual([]);
}

const everyByte = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));

function bytes(value: string): Buffer {
  return Buffer.from(value);
}

async function* chunked(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    yield Buffer.from(part);
  }
}

/** A body that knows whether it was begun, and whether it was told to stop. */
function watched(
  source: AsyncGenerator<Uint8Array>,
): AsyncIterable<Uint8Array> & { started: boolean; stopped: boolean } {
  const body = {
    started: false,
    stopped: false,
    [Symbol.asyncIterator]: () => ({
      next: () => {
        body.started = true;
        return source.next();
      },
      return: () => {
        body.stopped = true;
        return source.return(undefined);
      },
    }),
  };
  return body;
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString();
}

async function keys(entries: AsyncIterable<StoreEntry>): Promise<string[]> {
  return (await Array.fromAsync(entries)).map(({ key }) => key);
}

async function names(found: AsyncIterable<string>): Promise<string[]> {
  return Array.fromAsync(found);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** How much memory buffers hold, garbage apart, at its highest over looks that are 4 MiB of passing bytes apart. */
function watchMemory(): { look: (passedBytes: number) => void; peakMiB: () => number } {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const buffers = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = buffers();
  let peak = 0;
  let passed = 0;
  return {
    look: (passedBytes) => {
      passed += passedBytes;
      if (passed < 4 * 1024 * 1024) return;
      passed = 0;
      peak = Math.max(peak, buffers() - before);
    },
    peakMiB: () => peak / 1024 / 1024,
  };
}
