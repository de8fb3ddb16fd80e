import { describe, expect, it } from 'vitest';
import type { Sink } from '../shell.ts';
import { gatherLines } from './gathered-lines.ts';

function gathering(isTerminal: boolean) {
  let nowMs = 0;
  const written: string[] = [];
  const sink: Sink = {
    ...{ isTerminal, columns: undefined, hasColours: false, isClosed: false },
    write: (text) => {
      written.push(text);
      return Promise.resolve();
    },
  };
  const lines = gatherLines(sink, { now: () => nowMs });
  return { lines, written, wait: (ms: number) => (nowMs += ms) };
}

describe('lines that are gathered', () => {
  it('go out together when they are many, when time has passed, and in the end', async () => {
    const { lines, written, wait } = gathering(false);
    await lines.write('a\n');
    await lines.write('b\n');
    expect(written).toEqual([]);
    wait(100);
    await lines.write('c\n');
    expect(written).toEqual(['a\nb\nc\n']);
    await lines.write('d'.repeat(70_000));
    expect(written[1]).toHaveLength(70_000);
    await lines.write('e\n');
    await lines.flush();
    await lines.flush();
    expect(written.slice(2)).toEqual(['e\n']);
  });

  it('go out at once to a terminal', async () => {
    const { lines, written } = gathering(true);
    await lines.write('a\n');
    await lines.write('b\n');
    expect(written).toEqual(['a\n', 'b\n']);
  });
});
