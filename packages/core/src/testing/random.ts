/** A repeatable source of randomness for tests, which print its seed when they fail. */
export interface Random {
  /** A whole number from 0 to `below`, exclusive. */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32 from a seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)]!,
  };
}

/** The seeds of a property test: fresh each run, or the one that SEED in the environment names. */
export function seeds(count: number): number[] {
  const named = process.env['SEED'];
  if (named !== undefined) return [Number(named)];
  return Array.from({ length: count }, () => Math.floor(Math.random() * 2 ** 31));
}
