import { describe, expect, it } from 'vitest';
import { sendInParts, type PartSink } from './send-in-parts.ts';

const partBytes = 8 << 20;

function sinkOf(more: Partial<PartSink>): PartSink & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    whole: () => Promise.resolve(),
    part: () => Promise.resolve(),
    finish: (count) => Promise.resolve(void said.push(`finish ${count}`)),
    giveUp: () => Promise.resolve(void said.push('give up')),
    ...more,
  };
}

describe('a stream that is sent in parts', () => {
  it('ends with a part that fails, also while it is silent itself', async () => {
    async function* silent(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(partBytes + 1);
      await new Promise(() => undefined);
    }
    const sink = sinkOf({ part: () => Promise.reject(new Error('no space')) });
    await expect(sendInParts(silent(), sink, undefined)).rejects.toThrow('no space');
    expect(sink.said).toEqual(['give up']);
  });

  it('that fails itself fails by that, whatever its parts then say', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      await Promise.resolve();
      yield Buffer.alloc(partBytes + 1);
      throw new Error('the source');
    }
    const part: PartSink['part'] = (_number, _bytes, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    const sink = sinkOf({ part });
    await expect(sendInParts(failing(), sink, undefined)).rejects.toMatchObject({ cause: { message: 'the source' } });
    expect(sink.said).toEqual(['give up']);
  });

  it('has each part for itself, though its chunks are one memory', async () => {
    const chunk = Buffer.alloc(3 << 20);
    async function* again(): AsyncGenerator<Buffer> {
      for (let i = 1; i <= 6; i++) {
        await Promise.resolve();
        yield chunk.fill(i);
      }
    }
    const parts: Buffer[] = [];
    const sink = sinkOf({ part: (number, bytes) => Promise.resolve(void (parts[number - 1] = bytes)) });
    await sendInParts(again(), sink, undefined);
    expect(sink.said).toEqual(['finish 3']);
    const whole = Buffer.concat(Array.from({ length: 6 }, (_, i) => Buffer.alloc(3 << 20, i + 1)));
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(parts.map(({ length }) => length)).toEqual([partBytes, partBytes, 2 << 20]);
  });
});
