import { describe, expect, it } from 'vitest';
import { concurrently, workAhead } from './concurrently.ts';

const tick = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('work done concurrently', () => {
  it('runs every item once, never more than the limit at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let peak = 0;
    await concurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      peak = Math.max(peak, ++running);
      await tick();
      running--;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(peak).toBe(3);
  });

  it('stops at the first error, aborts what runs, and throws once all has ended', async () => {
    const started: number[] = [];
    let ended = 0;
    const run = concurrently([1, 2, 3, 4], 2, async (item, signal) => {
      started.push(item);
      if (item === 1) throw new Error('first');
      while (!signal.aborted) await tick();
      ended++;
      throw new Error('second');
    });
    await expect(run).rejects.toThrow('first');
    expect(started).toEqual([1, 2]);
    expect(ended).toBe(1);
  });

  it("hands the caller's cancel on", async () => {
    const cancel = new AbortController();
    const run = concurrently(
      [1],
      1,
      async (_, signal) => {
        while (!signal.aborted) await tick();
        throw new Error('cancelled');
      },
      cancel.signal,
    );
    cancel.abort();
    await expect(run).rejects.toThrow('cancelled');
  });
});

describe('workAhead', () => {
  it('gives results in the order of the items, whichever is done first, and looks only so far ahead', async () => {
    let working = 0;
    let most = 0;
    const work = async (delayMs: number): Promise<number> => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      working -= 1;
      return delayMs;
    };
    expect(await Array.fromAsync(workAhead([30, 1, 20, 1, 10, 1], 2, work))).toEqual([30, 1, 20, 1, 10, 1]);
    expect(most).toBe(3);
  });

  it('looks less far ahead where items are heavy, and at one at least', async () => {
    let working = 0;
    const alongside: number[] = [];
    const work = async (): Promise<void> => {
      working++;
      await new Promise((resolve) => setTimeout(resolve, 10));
      alongside.push(working);
      working--;
    };
    const ahead = { items: 3, weigh: (weight: number) => weight, weight: 10 };
    await Array.fromAsync(workAhead([1, 1, 1, 1, 1, 1], ahead, work));
    expect(Math.max(...alongside)).toBe(4);
    alongside.length = 0;
    await Array.fromAsync(workAhead([6, 6, 6, 6], ahead, work));
    expect(Math.max(...alongside)).toBe(2);
    alongside.length = 0;
    await Array.fromAsync(workAhead([11, 12, 13], ahead, work));
    expect(Math.max(...alongside)).toBe(2);
  });

  it('throws an error when its turn comes', async () => {
    const seen: number[] = [];
    const work = (item: number): Promise<number> =>
      item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item);
    const all = async (): Promise<void> => {
      for await (const item of workAhead([1, 2, 3], 5, work)) seen.push(item);
    };
    await expect(all()).rejects.toThrow('two');
    expect(seen).toEqual([1]);
  });
});
