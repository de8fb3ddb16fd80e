import type { Shell, Sink } from '../shell.ts';

/** What a test says of the process; the rest is a pipe on a machine where it is 2026-11-21T09:30:00Z. */
export interface MemoryShellOptions {
  readonly env?: Shell['env'];
  /** Where configuration and data lie; one that does not exist when left out. */
  readonly home?: string;
  readonly workingFolder?: string;
  /** Columns of the terminal; undefined: no terminal. */
  readonly columns?: number;
  readonly nowMs?: number;
  readonly signal?: AbortSignal;
  /** What the person answers; undefined: there is nobody to ask. */
  readonly answer?: string;
}

/** A shell whose output is kept. */
export interface MemoryShell extends Shell {
  /** What was printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** A process of a test's own. */
export function memoryShell(options: MemoryShellOptions = {}): MemoryShell {
  const [out, err] = [memorySink(options.columns), memorySink(options.columns)];
  const nowMs = options.nowMs ?? Date.parse('2026-11-21T09:30:00Z');
  const { answer } = options;
  return {
    env: options.env ?? {},
    platform: 'linux',
    home: options.home ?? '/nowhere',
    workingFolder: options.workingFolder ?? '/',
    scratchFolder: '/tmp',
    clock: { now: () => nowMs },
    random: () => 0.5,
    signal: options.signal ?? new AbortController().signal,
    out: out.sink,
    err: err.sink,
    ask:
      answer === undefined
        ? undefined
        : async (question) => {
            await err.sink.write(question);
            return answer;
          },
    stdout: out.text,
    stderr: err.text,
  };
}

function memorySink(columns: number | undefined): { readonly sink: Sink; readonly text: () => string } {
  let text = '';
  return {
    text: () => text,
    sink: {
      write: (more) => {
        text += more;
        return Promise.resolve();
      },
      isTerminal: columns !== undefined,
      columns,
      hasColours: false,
      isClosed: false,
    },
  };
}
