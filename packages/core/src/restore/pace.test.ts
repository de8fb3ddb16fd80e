import { describe, expect, it } from 'vitest';
import { Pace, writePace } from './pace.ts';

const pacedBy = (tookMs: (write: number) => number) => {
  let nowMs = 0;
  const pace = new Pace(writePace, { now: () => nowMs });
  return {
    pace,
    write: async (write: number) => {
      await pace.run(() => {
        nowMs += tookMs(write);
        return Promise.resolve();
      });
    },
  };
};

describe('Pace', () => {
  it('goes faster while the server is quick, up to a limit', async () => {
    const { pace, write } = pacedBy(() => 5);
    const before = pace.limit;
    for (let i = 0; i < 5_000; i++) await write(i);
    expect(pace.limit).toBeGreaterThan(before);
    expect(pace.limit).toBe(writePace.most);
  });

  it('goes down to a few when the server makes writes wait, and comes back when it does not', async () => {
    const { pace, write } = pacedBy((i) => (i >= 100 && i < 130 ? 2_000 : 5));
    for (let i = 0; i < 130; i++) await write(i);
    expect(pace.limit).toBeLessThanOrEqual(2);
    for (let i = 130; i < 5_000; i++) await write(i);
    expect(pace.limit).toBeGreaterThan(8);
  });

  it('does not take a server that is far away for a slow one', async () => {
    const { pace, write } = pacedBy(() => 900);
    for (let i = 0; i < 200; i++) await write(i);
    expect(pace.limit).toBeGreaterThanOrEqual(16);
  });

  it('never runs more at once than it says, and runs all', async () => {
    const pace = new Pace(writePace, { now: () => 0 });
    let running = 0;
    let most = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      done++;
    };
    await Promise.all(Array.from({ length: 200 }, () => pace.run(work)));
    expect(done).toBe(200);
    expect(most).toBeLessThanOrEqual(pace.limit);
  });
});
