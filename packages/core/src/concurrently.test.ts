import { describe, expect, it } from 'vitest';
import { concurrently } from './concurrently.ts';

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
