import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateRawSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomFrom, seeds } from '../testing/random.ts';
import type { Random } from '../testing/random.ts';
import { DeflateThread } from './deflate-thread.ts';
import { unpackMember } from './gzip-member.ts';

async function startThread(): Promise<DeflateThread> {
  const thread = new DeflateThread();
  expect(await thread.takes()).toBe(true);
  return thread;
}

let thread: DeflateThread;
beforeAll(async () => void (thread = await startThread()));
afterAll(() => thread.close());

/** A member of the content, and the content as it came back. */
async function pack(content: Buffer, by = thread): Promise<Buffer> {
  const own = Buffer.from(new Uint8Array(content).buffer);
  const member = await by.pack(own, content.length);
  expect(member.content.equals(content)).toBe(true);
  const bytes = Buffer.from(member.bytes);
  member.giveBack();
  return bytes;
}

async function expectWhole(content: Buffer): Promise<number> {
  const packed = await pack(content);
  expect(gunzipSync(packed).equals(content)).toBe(true);
  // Nothing beside it, and the checksum: what a reader of backups looks at.
  expect((await unpackMember(packed, content.length, 'it')).equals(content)).toBe(true);
  return packed.length;
}

/** How often letters come that need codes as long as they can be. */
function fibonacci(letters: number): Buffer {
  const parts: Buffer[] = [];
  for (let [letter, count, next] = [0, 1, 1]; letter < letters; letter++, [count, next] = [next, count + next]) {
    parts.push(Buffer.alloc(count, letter));
  }
  return Buffer.concat(parts);
}

const text = (length: number): Buffer =>
  Buffer.from('some content, some other '.repeat(length / 25 + 1)).subarray(0, length);
const distant = (distance: number, length: number): Buffer => {
  const start = randomBytes(distance);
  return Buffer.concat([start, start.subarray(0, length), randomBytes(50)]);
};

describe('a member packed aside', () => {
  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['two bytes', Buffer.from('xy')],
    ['one letter again and again', Buffer.alloc(100_000, 'x')],
    ['zeros, more than a block', Buffer.alloc(600_000)],
    ['two letters', Buffer.from('xy'.repeat(70_000))],
    ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['text', text(200_000)],
    ['text of several blocks', text(3 << 20)],
    ['as much as a block', text(1 << 18)],
    ['one byte more than a block', text((1 << 18) + 1)],
    ['noise', randomBytes(300_000)],
    ['noise in letters', Buffer.from(randomBytes(300_000).toString('base64'))],
    ['codes of the greatest length', fibonacci(26)],
    ['what comes again at the greatest distance', distant(32_768, 400)],
    ['what comes again beyond it', distant(32_769, 400)],
    ['what comes again for the greatest length', distant(1_000, 258)],
    ['what comes again for longer', distant(1_000, 259)],
  ])('of %s is read by zlib', async (_, content) => {
    await expectWhole(content);
  });

  test('of code is no longer than one that zlib packs at its quickest', async () => {
    const code = await readFile(import.meta.filename);
    const content = Buffer.concat([code, await readFile(new URL('segment.ts', import.meta.url)), code]);
    expect(await expectWhole(content)).toBeLessThan(1.05 * deflateRawSync(content, { level: 1 }).length);
  });

  test('of noise is hardly longer than the noise, and of noise in letters as short as can be', async () => {
    const noise = randomBytes(3 << 20);
    expect(await expectWhole(noise)).toBeLessThan(noise.length + 1_000);
    const letters = Buffer.from(noise.toString('base64'));
    expect(await expectWhole(letters)).toBeLessThan(1.01 * noise.length);
  });

  test('is the same whatever was packed before it', async () => {
    const content = text(50_000);
    const first = await pack(content);
    for (const other of [randomBytes(400_000), text(300_000), Buffer.alloc(0)]) {
      await pack(other);
      expect((await pack(content)).equals(first)).toBe(true);
    }
    const another = await startThread();
    expect((await pack(content, another)).equals(first)).toBe(true);
    another.close();
  });

  test('comes back in its turn, and several lie side by side', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => text(1 + i * 7_001));
    const packed = await Promise.all(contents.map((content) => pack(content)));
    for (const [i, content] of contents.entries()) expect(gunzipSync(packed[i]!).equals(content)).toBe(true);
  });

  test.each(seeds(40))('of anything is read by zlib, seed %i', async (seed) => {
    const random = randomFrom(seed);
    await expectWhole(mixture(random));
  });
});

/** Runs of all kinds: noise, letters, what came before, one byte. */
function mixture(random: Random): Buffer {
  const bytes = Buffer.alloc(1 + random.below(random.pick([50, 5_000, 400_000])));
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, 1 + random.below(random.pick([4, 40, 3_000])));
    const kind = random.below(4);
    const back = 1 + random.below(Math.max(1, Math.min(at, 40_000)));
    const [letters, one] = [1 + random.below(256), random.below(256)];
    for (const end = at + length; at < end; at++) {
      if (kind === 0) bytes[at] = random.below(letters);
      else if (kind === 1) bytes[at] = one;
      else bytes[at] = at >= back ? bytes[at - back]! : 0x20;
    }
  }
  return bytes;
}

test('a thread that ends lets nobody wait', async () => {
  const ending = await startThread();
  const packing = pack(randomBytes(2 << 20), ending);
  ending.close();
  await expect(packing).rejects.toThrow('the thread that packs has ended');
  expect(await ending.takes()).toBe(false);
});

test.for([
  ['that starts keeps the process of whoever waits for it', [], 'true\n'],
  ['that may not be started is waited for by nobody', ['--permission', '--allow-fs-read=*'], 'false\n'],
] as const)('a thread %s', ([, flags, expected]) => {
  const program = `
    import { DeflateThread } from './deflate-thread.ts';
    console.log(await new DeflateThread().takes());`;
  const args = [...flags, '--input-type=module', '-e', program];
  const output = execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  expect(output).toBe(expected);
});
