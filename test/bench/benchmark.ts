/** One line of a benchmark's table: what was measured, beside what, and the bar that it is held to. */
export interface BenchmarkRow {
  readonly what: string;
  /** With its unit: `1.9 s`, `143 MB`. */
  readonly measured: string;
  /** What ran beside it, and its figure; a dash where the bar is absolute. */
  readonly baseline: string;
  /** Measured against baseline, in words: `1.5x`, `23x faster`. */
  readonly ratio: string;
  /** A dash where it is held to none, whatever {@link holds} says. */
  readonly bar: string;
  readonly holds: boolean;
}

/** A benchmark: measures in one run what it claims and what it is held against. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  run(say: (text: string) => void): Promise<readonly BenchmarkRow[]>;
}

/** The rows as a table of Markdown. */
export function formatRows(rows: readonly BenchmarkRow[]): string {
  const cells = rows.map(({ what, measured, baseline, ratio, bar, holds }) =>
    [what, measured, baseline, ratio, bar, bar === '-' ? '-' : holds ? 'yes' : '**no**'].join(' | '),
  );
  return [
    '| what | measured | beside | ratio | bar | holds |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells.map((row) => `| ${row} |`),
  ].join('\n');
}

/** `1.9 s` or `310 ms`. */
export function formatMs(timeMs: number): string {
  return timeMs >= 1_000 ? `${(timeMs / 1_000).toFixed(2)} s` : `${timeMs.toFixed(timeMs < 10 ? 1 : 0)} ms`;
}

/** `143 MB`, of a million bytes each. */
export function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
