import type { Clock } from '@infrabackup/core';

/** One of the streams that a verb writes to. */
export interface Sink {
  /** Resolves when the stream takes more; writing to a reader that has gone away is quiet. */
  write(text: string): Promise<void>;
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined for pipes and files. */
  readonly columns: number | undefined;
  /** Whether text may carry colours: a terminal, and nobody has set NO_COLOR. */
  readonly hasColours: boolean;
  /** Whether the reader has gone away (`| head`): whoever writes much stops early. */
  readonly isClosed: boolean;
}

/** The process as a verb sees it; made in main.ts, or by a test. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's home folder. */
  readonly home: string;
  readonly workingFolder: string;
  /** Where scratch files go. */
  readonly scratchFolder: string;
  readonly clock: Clock;
  /** `Math.random`. */
  readonly random: () => number;
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly out: Sink;
  readonly err: Sink;
  /** Asks the person at the terminal for one line; undefined where there is none, e.g. in a pipe. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}
