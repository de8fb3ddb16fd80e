import type { Clock } from '../clock.ts';

/** How many requests at once to begin with, and never more than. */
export interface PaceRange {
  readonly start: number;
  readonly most: number;
}

/** Writes: what hides the round trip to a near server, and as many as its disk is quick with. */
export const writePace: PaceRange = { start: 16, most: 32 };
/** Dry runs wait for no disk. */
export const dryRunPace: PaceRange = { start: 32, most: 64 };

/** A write that takes so much longer than the quickest ones waited for its turn in the server. */
const slowFactor = 4;
const slowMs = 400;

/**
 * How many writes go on at once: a few more while the server answers quickly, fewer when it makes them wait.
 *
 * A server that throttles (429) is felt as slowness, since the client waits and asks again. Additive up,
 * multiplicative down, as TCP does it.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #changed: ((writesAtOnce: number) => void) | undefined;
  readonly #most: number;
  #limit: number;
  #running = 0;
  /** A low mark of how long writes take. */
  #quickMs = Infinity;
  /** When writing was last made slower. */
  #cutAtMs = -Infinity;
  readonly #waiting: (() => void)[] = [];

  constructor({ start, most }: PaceRange, clock: Clock, changed?: (writesAtOnce: number) => void) {
    this.#limit = start;
    this.#most = most;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** How many writes may go on at once now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  /** Runs the work when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running >= this.limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    const startedMs = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#running--;
      this.#learn(startedMs, this.#clock.now());
      this.#wake();
    }
  }

  #learn(startedMs: number, nowMs: number): void {
    const before = this.limit;
    const tookMs = nowMs - startedMs;
    this.#quickMs = tookMs < this.#quickMs ? tookMs : this.#quickMs * 1.002 + 0.01;
    const isSlow = tookMs > slowMs && tookMs > slowFactor * this.#quickMs;
    if (!isSlow) this.#limit = Math.min(this.#most, this.#limit + 0.25 / this.#limit);
    else if (startedMs >= this.#cutAtMs) {
      // Those that were under way together say it together: that counts once.
      this.#limit = Math.max(1, this.#limit * 0.7);
      this.#cutAtMs = nowMs;
    }
    if (this.limit !== before) this.#changed?.(this.limit);
  }

  #wake(): void {
    for (let free = this.limit - this.#running; free > 0; free--) this.#waiting.shift()?.();
  }
}
