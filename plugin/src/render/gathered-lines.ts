import type { Clock } from '@infrabackup/core';
import type { Sink } from '../shell.ts';

const mostLength = 1 << 16;
const longestMs = 100;

/** What is written in many small pieces, for a stream that is better given a few large ones. */
export interface GatheredLines {
  /** Resolves when the stream takes more. */
  write(text: string): Promise<void>;
  /** Hands over what is held back. */
  flush(): Promise<void>;
}

/**
 * Gathers what comes close together: each write to a pipe or a file costs as much as making the few lines that it takes.
 * Nothing is gathered for a terminal, and nothing for longer than a tenth of a second while more comes.
 */
export function gatherLines(sink: Sink, clock: Clock): GatheredLines {
  let held = '';
  let since = clock.now();
  const flush = async (): Promise<void> => {
    const text = held;
    held = '';
    since = clock.now();
    if (text !== '') await sink.write(text);
  };
  return {
    flush,
    async write(text) {
      held += text;
      if (sink.isTerminal || held.length >= mostLength || clock.now() - since >= longestMs) await flush();
    },
  };
}
